/** Groups of cases, each on a fleet of its own: starting one takes longer than a case. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { newRunDir } from '../../infra/local/run-dir.ts'
import { startKafkaProxy } from '../support/kafka-frames.ts'
import type { Proxy } from '../support/proxy.ts'
import { otherRelease, startAnother } from './another.ts'
import type { Case, Row } from './case.ts'
import { logCases, recreatedCases } from './cases-log.ts'
import { outageCases } from './cases-outages.ts'
import { ownerCases } from './cases-owners.ts'
import { processCases } from './cases-processes.ts'
import { networkCases } from './cases-network.ts'
import { diskCases, serverCases } from './cases-servers.ts'
import { writeEvidence } from './evidence-recorder.ts'
import type { Nemesis } from './evidence-recorder.ts'
import type { Part } from './matrix.ts'
import { createRunner } from './runner.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { beginWithOldVersion, versionCases } from './cases-versions.ts'
import { evidenceDir, judgeHistory } from './verdict.ts'

type Say = (line: string) => void
export type Group = { readonly name: string; readonly title: string; run(how: How): Promise<Pick<Part, 'rows' | 'checks'>> }

/** `onRow`: told after each case, so that a run that is broken off leaves what it found. */
export type How = { readonly say: Say; readonly only?: RegExp | undefined; readonly onRow: (rows: readonly Row[]) => void }

type Opened = { readonly stage: Stage; readonly cases: readonly Case[]; /** Cores of other versions, for the replay. */ readonly cores?: string; readonly isLogKept?: boolean; close?(): Promise<unknown> }

const group = (name: string, title: string, open: (say: Say) => Promise<Opened>): Group => ({
  name,
  title,
  run: async (how) => {
    const { say } = how
    const opened = await open(say)
    const { stage } = opened
    try {
      const rows = await runAll(opened, how)
      const recorded = await writeEvidence(stage, evidenceDir(stage), nemesisOf(stage, rows))
      const checks = await judgeHistory(stage, recorded, opened)
      for (const { check, fault, figures, isAsked } of checks) say(`${isAsked === false ? 'not asked:' : fault === null ? 'ok  ' : 'FAIL'} ${check} (${figures})${fault === null ? '' : `: ${fault}`}`)
      return { rows, checks }
    } finally {
      await opened.close?.()
      await stage.stop()
    }
  },
})

const runAll = async ({ stage, cases }: Opened, { say, only = /./, onRow }: How): Promise<readonly Row[]> => {
  const runner = createRunner(stage, say)
  const rows: Row[] = []
  for (const one of cases.filter(({ process, step }) => only.test(`${process}: ${step}`))) {
    rows.push(inTime(await runner.run(one)))
    onRow(rows)
  }
  return rows
}

/** In world time. A row without a strike has nothing to tell. */
const nemesisOf = ({ worldTime, absences }: Stage, rows: readonly Row[]): readonly Nemesis[] => {
  const struck = rows.flatMap(({ process, step, bite, convergedMs }) =>
    bite === null ? [] : [{ fault: step, target: process, fromMs: worldTime(bite.at), toMs: worldTime(bite.at + (convergedMs ?? 60_000)), hits: 1 }],
  )
  return [...struck, ...absences.map(({ target, fromMs, toMs }) => ({ fault: 'down', target, fromMs: worldTime(fromMs), toMs: worldTime(toMs), hits: 1 }))]
}

/** Within this time after kill -9 somebody goes on with the work. Asked here and not in `npm test`, whose machine is busy. */
const mostNextEffectMs = 10_000

const inTime = (row: Row): Row => {
  const isLate = row.action === 'SIGKILL' && row.fault === null && !((row.nextEffectMs ?? Infinity) < mostNextEffectMs)
  return isLate ? { ...row, fault: `nobody went on within ${mostNextEffectMs / 1000} s` } : row
}

const withProxy = async (say: Say): Promise<Opened> => {
  let proxy: Proxy | undefined
  const stage = await openStage({
    onProgress: say,
    brokersForServices: async ([broker = '']) => {
      proxy = await startKafkaProxy(broker)
      return [`127.0.0.1:${proxy.port}`]
    },
  })
  if (proxy === undefined) throw new Error('the fleet was started without its proxy')
  const between = proxy
  return { stage, cases: [...networkCases(between), ...logCases], close: () => between.close() }
}

/** The broker's data lie in a file system of 192 MB: a fleet of this size writes some 60 MB, indexes of segments included. */
const onSmallDisk = async (say: Say): Promise<Opened> => {
  const dir = newRunDir()
  const data = join(dir, 'kafka/data')
  mkdirSync(data, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'tmpfs', data])
  const stage = await openStage({ onProgress: say, dir })
  return { stage, cases: [...serverCases, ...diskCases(data)], close: async () => undefined }
}

const withSecondOrchestrator = async (say: Say): Promise<Opened> => {
  const stage = await openStage({ onProgress: say })
  const second = await startAnother(stage, { name: 'orchestrator-2', role: 'orchestrator', armedAs: 'orchestrator' })
  return { stage, cases: ownerCases, close: () => second.stop() }
}

const withOldVersion = async (say: Say): Promise<Opened> => {
  const stage = await openStage({ onProgress: say })
  const release = await otherRelease(stage.dir)
  const old = await beginWithOldVersion(stage, release)
  return { stage, cases: versionCases(release), cores: release.cores, close: () => old.stop() }
}

export const groups: readonly Group[] = [
  group('processes', 'Our processes, killed at every step', async (say) => ({ stage: await openStage({ onProgress: say }), cases: processCases })),
  group('owners', 'Two owners: one is paused past its session and goes on', withSecondOrchestrator),
  group('versions', 'Two owners of different versions', withOldVersion),
  group('servers', 'Kafka and Temporal', onSmallDisk),
  group('network', 'The network and the log', withProxy),
  group('outages', 'A part is away for a minute', async (say) => ({ stage: await openStage({ onProgress: say }), cases: outageCases })),
  group('recreated', 'A topic is made again', async (say) => ({ stage: await openStage({ onProgress: say }), cases: recreatedCases, isLogKept: false })),
]
