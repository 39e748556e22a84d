/** What can be asked of the simulation on the command line. */
import { parseArgs } from 'node:util'
import type { Script } from '../../simulator/control-plane/history.ts'
import { faultKinds, type FaultKind } from '../../simulator/control-plane/faults/plan.ts'
import { tempoNames, type TempoName } from '../../simulator/control-plane/tempo.ts'

export const usage = `Simulates the control plane: production code, seeded chance, and faults. One seed is one history
of 62 minutes with five services; every 32nd goes at the brisk pace, where all that waits or repeats comes three times as often.

  npm run simulate -- --seeds 1000              seeds 1 to 1000, on all cores
  npm run simulate -- --seeds 1000 --from 5001  seeds 5001 to 6000
  npm run simulate -- --seed 42                 one seed, told as a timeline
  npm run simulate -- --seed 42 --service chat  only what concerns one service, and the faults
  npm run simulate -- --seed 42 --shrink        the fewest faults with which the seed still fails
  npm run simulate -- --seed 42 --keep 0,3      only these of its planned faults
  npm run simulate -- --seeds 50 --only crash-decider,kafka-down
  npm run simulate -- --seeds 50 --plant commit-first   a bug on purpose: some seed must fail

  --as-before   without the hanging start-ups that every third seed has on top of its own faults; older failures were found so
  --tempo brisk|steady   every seed at one pace; without it, as the seed draws it
  --workers N   processes; default: the cores
  --until-failure   begin no further seed once one has failed
  --own         judge by the simulation's own invariants alone, not by the independent checker
  --json        the sums as one line of JSON
Exit code 1 when a seed fails, or when 500 seeds or more held too little to prove anything; the failing seeds are printed. 2: it was asked wrongly.
Faults: ${faultKinds.join(', ')}`

export type Options = {
  readonly seeds: readonly number[]
  readonly isTold: boolean
  readonly isShrunk: boolean
  readonly isJson: boolean
  readonly untilFailure: boolean
  readonly service: string | null
  readonly workers: number | null
  readonly history: HistoryChoice
}

/** What workers are told beside the seed. */
export type HistoryChoice = { readonly only?: readonly FaultKind[]; readonly keep?: readonly number[]; readonly commitsFirst?: boolean; readonly ownOnly?: boolean; readonly script?: Script; readonly tempo?: TempoName; readonly asBefore?: boolean }

/** Throws an Error that says what was wrong. */
export const readOptions = (argv: readonly string[]): Options | 'help' => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string' }, from: { type: 'string', default: '1' }, seed: { type: 'string' }, keep: { type: 'string' },
      only: { type: 'string' }, plant: { type: 'string' }, tempo: { type: 'string' }, workers: { type: 'string' }, service: { type: 'string' },
      shrink: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, own: { type: 'boolean', default: false },
      'until-failure': { type: 'boolean', default: false }, 'as-before': { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  })
  if (values.help || (values.seeds === undefined && values.seed === undefined)) return 'help'
  return {
    seeds: seedsOf(values),
    isTold: values.seed !== undefined && !values.shrink,
    isShrunk: values.shrink,
    isJson: values.json,
    untilFailure: values['until-failure'],
    service: values.service ?? null,
    workers: values.workers === undefined ? null : whole('--workers', values.workers),
    history: choiceOf(values),
  }
}

type Values = { readonly seeds?: string; readonly from: string; readonly seed?: string; readonly keep?: string; readonly only?: string; readonly plant?: string; readonly tempo?: string; readonly own: boolean; readonly 'as-before': boolean }

const seedsOf = ({ seed, seeds, from }: Values): readonly number[] => {
  const first = whole('--seed', seed ?? from)
  return Array.from({ length: seed === undefined ? whole('--seeds', seeds ?? '1') : 1 }, (_, index) => first + index)
}

const choiceOf = ({ only, keep, plant, tempo, own, 'as-before': asBefore }: Values): HistoryChoice => {
  if (plant !== undefined && plant !== 'commit-first') throw new Error(`--plant: got ${plant}; allowed: commit-first`)
  return {
    ...(only === undefined ? {} : { only: only.split(',').map(kindOf) }),
    ...(keep === undefined ? {} : { keep: keep === '' ? [] : keep.split(',').map((one) => whole('--keep', one)) }),
    ...(tempo === undefined ? {} : { tempo: tempoNamed(tempo) }),
    commitsFirst: plant === 'commit-first',
    ownOnly: own,
    ...(asBefore ? { asBefore } : {}),
  }
}

/** The choice as it is typed: whoever repeats a seed must repeat this, too. */
export const showChoice = ({ only, keep, tempo, asBefore, commitsFirst, ownOnly }: HistoryChoice): string =>
  [
    ...(only === undefined ? [] : [`--only ${only.join()}`]),
    ...(keep === undefined ? [] : [`--keep '${keep.join()}'`]),
    ...(tempo === undefined ? [] : [`--tempo ${tempo}`]),
    ...(asBefore === true ? ['--as-before'] : []),
    ...(commitsFirst === true ? ['--plant commit-first'] : []),
    ...(ownOnly === true ? ['--own'] : []),
  ].map((option) => ` ${option}`).join('')

const whole = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || text === '') throw new Error(`${name}: got '${text}'; allowed: a whole number`)
  return value
}

const kindOf = (text: string): FaultKind => {
  const kind = faultKinds.find((one) => one === text)
  if (kind === undefined) throw new Error(`--only: got '${text}'; allowed: ${faultKinds.join(', ')}`)
  return kind
}

const tempoNamed = (text: string): TempoName => {
  const tempo = tempoNames.find((one) => one === text)
  if (tempo === undefined) throw new Error(`--tempo: got '${text}'; allowed: ${tempoNames.join(', ')}`)
  return tempo
}
