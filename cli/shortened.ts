/** The text, or as much of it as `most` characters hold, with an ellipsis where it was cut. */
export const shortened = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`)
