/** What is checked after the traffic: each by a process of its own that shares nothing with the fleet's memory. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/project-root.ts'
import type { ReplayReport } from '../replay-log.ts'
import type { BandCheck } from './verdict.ts'

const commandLine = join(projectRoot, 'dist/cli/main.js')

/** A fresh process folds the log; it reads the recorded decisions only to compare. */
export const replayInFreshProcess = async (kafkaBrokers: readonly string[]): Promise<ReplayReport> => {
  const { stdout, stderr } = await run([commandLine, 'replay', '--json'], { KAFKA_BROKERS: kafkaBrokers.join(',') })
  if (stdout.trim() === '') throw new Error(`E_DEMO replay: it printed nothing; ${stderr.trim()}`)
  return JSON.parse(stdout) as ReplayReport
}

export const explainInFreshProcess = async (apiUrl: string, decisionId: string): Promise<string> =>
  (await run([commandLine, '--server', apiUrl, 'explain', decisionId], {})).stdout

/** The band, from the emulator's own change log, by a script that imports nothing of the product. */
export const checkBand = async (changeLog: string, dir: string, band: { lo: number; hi: number }): Promise<BandCheck> => {
  const file = join(dir, 'changes.ndjson')
  await writeFile(file, changeLog)
  const script = join(projectRoot, 'infra/audit/registered-band.mjs')
  const { stdout, stderr } = await run([script, file, String(band.lo), String(band.hi)], {})
  if (stdout.trim() === '') throw new Error(`E_DEMO band: the check printed nothing; ${stderr.trim()}`)
  return JSON.parse(stdout) as BandCheck
}

/** Exit codes are in what was printed: "not equal" and "out of band" are answers here, not failures. */
const run = (args: readonly string[], env: Record<string, string>): Promise<{ stdout: string; stderr: string }> =>
  new Promise((done) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, [...args], options, (_error, stdout, stderr) => done({ stdout, stderr }))
  })
