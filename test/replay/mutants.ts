/** Changes of the workflow code that a replay must notice, as patches of the bundle. */
import type { RecordedName } from './histories.ts'

export type Mutant = {
  readonly title: string
  readonly caughtBy: RecordedName
  /** Each text stands exactly once in the bundle; else the patch, not the code, is out of date. */
  readonly patches: readonly { readonly from: string; readonly to: string }[]
}

export const mutants: readonly Mutant[] = [
  {
    title: 'waits swapped',
    caughtBy: 'committed',
    patches: [
      { from: `wait('await-scheduled', 'scheduled')`, to: `wait('await-ready', 'swapped')` },
      { from: `wait('await-ready', 'ready')`, to: `wait('await-scheduled', 'scheduled')` },
      { from: `wait('await-ready', 'swapped')`, to: `wait('await-ready', 'ready')` },
    ],
  },
  { title: 'undo oldest first', caughtBy: 'rolled-back', patches: [{ from: '].reverse()', to: ']' }] },
  { title: 'the last undo skipped', caughtBy: 'rolled-back', patches: [{ from: '].reverse()', to: '].reverse().slice(0, -1)' }] },
  {
    title: 'another target',
    caughtBy: 'committed',
    patches: [{ from: 'Math.max(from.prefill, to.prefill)', to: 'Math.max(from.prefill, to.prefill) + 1' }],
  },
  {
    title: 'a step added before the commit',
    caughtBy: 'committed',
    patches: [
      {
        from: '...registration(placement),',
        to: `...registration(placement), [{ id: 'checked', kind: 'await-registered', group: placement.group, counts: placement.to, before: placement.from, inverse: null }],`,
      },
    ],
  },
  {
    title: 'a stuck undo given up after the repair',
    caughtBy: 'stuck-then-repaired',
    patches: [{ from: 'await host.stuck(step, reasonOf(error));', to: 'return host.stuck(step, reasonOf(error));' }],
  },
  { title: 'a halt taken for a failure', caughtBy: 'halted-then-resumed', patches: [{ from: 'isHalt)(error))', to: 'isHalt)(error) || true)' }] },
  {
    title: 'resumed without waiting for the release',
    caughtBy: 'halted-then-resumed',
    patches: [{ from: 'await here.activities.awaitRelease(`release-of/${about}`)', to: '0' }],
  },
  { title: 'gone on after the release with the next step', caughtBy: 'halted-then-resumed', patches: [{ from: 'attempt.time += 1;', to: `return { detail: '', counts: null };` }] },
  { title: 'gone on past the deadline', caughtBy: 'halted-then-undone', patches: [{ from: 'if (lateMs > 0)', to: 'if (false)' }] },
  {
    title: 'the release awaited before an undo',
    caughtBy: 'rolled-back',
    patches: [{ from: 'const done = await here.activities.undo(step, about);', to: 'await here.activities.awaitRelease(`release-of/${about}`); const done = await here.activities.undo(step, about);' }],
  },
  {
    title: 'the capacity kept after a rollback',
    caughtBy: 'rolled-back',
    patches: [{ from: 'release(input, outcome),', to: `outcome.kind === 'committed' ? release(input, outcome) : undefined,` }],
  },
  { title: 'what an unanswered placement reserved kept', caughtBy: 'service-unplaced', patches: [{ from: 'startWithdrawal)(request);', to: 'startWithdrawal);' }] },
  { title: 'a placement asked for under another sequence', caughtBy: 'service', patches: [{ from: 'place/${intent.sequence}=', to: 'place/${intent.sequence + 1}=' }] },
]

export const patched = (code: string, { title, patches }: Mutant): string =>
  patches.reduce((text, { from, to }) => {
    const found = text.split(from).length - 1
    if (found !== 1) throw new Error(`mutant "${title}": ${JSON.stringify(from)} stands ${found} times in the bundle`)
    return text.replace(from, () => to)
  }, code)
