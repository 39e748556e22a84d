/** The folder of one running stack: who owns it, which ones are leftovers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSameProcess, startOf } from './is-alive.ts'
import { LauncherError } from './launcher-error.ts'
import { stateDir } from './project-root.ts'

const runsDir = join(stateDir, 'run')
const ownerFile = 'owner.pid'
/** Logs of this many finished runs stay for inspection. */
const finishedRunsKept = 3

/** A new folder below `.heteroscale/run/`, after the oldest finished ones were removed. */
export function newRunDir(): string {
  removeOldRuns()
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
  return join(runsDir, `${time}-${process.pid}`)
}

/** Makes the folder ours. Throws STACK_IN_USE when a living process other than this one runs a stack in it. */
export function claimRunDir(dir: string, fresh: boolean): void {
  mkdirSync(dir, { recursive: true })
  const owner = livingOwnerOf(dir)
  if (owner !== undefined && owner !== process.pid) {
    throw new LauncherError('STACK_IN_USE', `${dir}: process ${owner} runs a stack there; stop it or name another folder; nothing was started`)
  }
  if (fresh) for (const server of ['kafka', 'temporal']) rmSync(join(dir, server), { recursive: true, force: true })
  writeFileSync(join(dir, ownerFile), `${process.pid}\n${startOf(process.pid) ?? ''}`)
}

/** Gives the folder up; data and logs stay. */
export function releaseRunDir(dir: string): void {
  rmSync(join(dir, ownerFile), { force: true })
}

function livingOwnerOf(dir: string): number | undefined {
  const file = join(dir, ownerFile)
  const [number = '', started = ''] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const pid = Number(number)
  return pid > 0 && isSameProcess(pid, started || undefined) ? pid : undefined
}

/** Only folders that `newRunDir` named are removed: a folder somebody chose holds data somebody wants. */
function removeOldRuns(): void {
  if (!existsSync(runsDir)) return
  const finished = readdirSync(runsDir)
    .filter((name) => /^\d{4}-\d\d-\d\dT/.test(name))
    .map((name) => join(runsDir, name))
    .filter((dir) => livingOwnerOf(dir) === undefined)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  for (const dir of finished.slice(finishedRunsKept)) rmSync(dir, { recursive: true, force: true })
}
