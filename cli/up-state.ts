/** What `up` leaves on disk for other commands: where the fleet answers, and which process to stop. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FleetWorld } from '../infra/local/fleet.ts'
import { isSameProcess, startOf } from '../infra/local/is-alive.ts'
import { stateDir } from '../infra/local/project-root.ts'

export type UpState = {
  readonly pid: number
  /** When that process began; absent where nobody could tell. */
  readonly started?: string
  readonly api: string
  readonly emulator: string
  /** Their addresses; absent in the file of an older version. */
  readonly deciders?: readonly string[]
  readonly kafkaBrokers: readonly string[]
  readonly topicPrefix?: string
  /** Absent: real time. */
  readonly world?: FleetWorld
  readonly temporalAddress: string
  readonly temporalUi?: string
  readonly logs: string
}

const file = join(stateDir, 'run/up.json')

export const writeUpState = (state: UpState): void => {
  const started = startOf(state.pid)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ ...state, ...(started === null ? {} : { started }) }, null, 2)}\n`)
}

/** Null when no fleet is up, also when the one that wrote the file is gone. */
export const readUpState = (): UpState | null => {
  const state = readUpFile()
  return state !== null && isStillUp(state) ? state : null
}

/** What the file says, whether or not it is still so. */
export const readUpFile = (): UpState | null => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as UpState) : null)

/** Whether the process that `up` recorded is still that one, and no stranger with its number. */
export const isStillUp = ({ pid, started }: Pick<UpState, 'pid' | 'started'>): boolean => isSameProcess(pid, started)

export const removeUpState = (): void => rmSync(file, { force: true })
