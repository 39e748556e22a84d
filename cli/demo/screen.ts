/** The demo's page of text: lines with a world time in front, colours only on a terminal. */
import { lead, type Line } from './timeline.ts'

export type Screen = {
  /** World time 0 of the timeline. */
  begin(startedAt: number): void
  say(text: string): void
  show(line: Line): void
}

const colours = { plain: '1', good: '32', bad: '31', quiet: '2' } as const

export const createScreen = (write: (text: string) => void, coloured: boolean): Screen => {
  let startedAt = 0
  const paint = (text: string, tone: Line['tone']): string => (coloured ? `\u001b[${colours[tone]}m${text}\u001b[0m` : text)
  return {
    begin: (time) => {
      startedAt = time
    },
    say: (text) => write(`${text}\n`),
    show: ({ time, text, tone }) => write(`${lead(time, startedAt)}${paint(text, tone)}\n`),
  }
}

