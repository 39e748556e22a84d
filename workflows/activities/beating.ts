/** Says from time to time that a call is still under way, so that a killed worker is noticed by its silence. */
import { heartbeat, sleep } from '@temporalio/activity'

/** Wall time: several beats in each of the 4 s after which silence counts as death. */
const beatEveryMs = 1_000

/** The same activity; while it waits for somebody else's answer, such as the log's, its worker is seen to live. */
export const beating =
  <Input, Result>(activity: (input: Input) => Promise<Result>) =>
  async (input: Input): Promise<Result> => {
    const life = { isOver: false }
    void beat(life)
    try {
      return await activity(input)
    } finally {
      life.isOver = true
    }
  }

/** A cancelled activity leaves through `sleep`: it is heard no more, and what it does meanwhile is told again by another attempt. */
const beat = async (life: { readonly isOver: boolean }): Promise<void> => {
  try {
    for (;;) {
      await sleep(beatEveryMs)
      if (life.isOver) return
      heartbeat()
    }
  } catch {
    return
  }
}
