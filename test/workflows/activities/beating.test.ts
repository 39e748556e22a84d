/** Whoever waits for somebody else's answer is heard meanwhile, so that only a dead worker falls silent. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { createActivities, createCellActivities } from '../../../workflows/activities/index.ts'
import type { CellPorts, RolloutPorts } from '../../../workflows/activities/ports.ts'

type Answer = Promise<{ readonly groups: readonly never[] }>

/** Each with the port that it waits for. */
const activities: { readonly [name: string]: (answer: Answer) => (input: never) => Promise<unknown> } = {
  report: (answer) => createActivities({ clock: { at: Number }, appender: { append: () => answer } } as unknown as RolloutPorts).report,
  settle: (answer) => createActivities({ teller: { tell: () => answer } } as unknown as RolloutPorts).settle,
  place: (answer) => createCellActivities({ placer: { place: () => answer } } as unknown as CellPorts).place,
  release: (answer) => createCellActivities({ placer: { release: () => answer } } as unknown as CellPorts).release,
  withdraw: (answer) => createCellActivities({ placer: { place: () => answer } } as unknown as CellPorts).withdraw,
}

it.concurrent.each(Object.entries(activities))('%s is heard while its answer is due', async (_name, waitingFor) => {
  const environment = new MockActivityEnvironment({ attempt: 2 })
  let beats = 0
  const answer: Answer = new Promise((resolve) => environment.on('heartbeat', () => ((beats += 1), resolve({ groups: [] }))))
  await environment.run(waitingFor(answer), {} as never)
  expect(beats).toBe(1)
})
