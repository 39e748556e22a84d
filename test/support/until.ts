/** Waits for a fact, not for a time: polls until it holds and says what it waited for when it never does. */
export const until = async (what: string | (() => string), holds: () => boolean | Promise<boolean>, deadlineMs = 60_000): Promise<void> => {
  const deadline = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`after ${deadlineMs} ms still not: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
