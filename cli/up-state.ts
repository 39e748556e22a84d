/** What `up` leaves on disk for other commands: where the fleet answers, and which process to stop. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stateDir } from '../infra/local/project-root.ts'

export type UpState = {
  readonly pid: number
  readonly api: string
  readonly emulator: string
  readonly kafkaBrokers: readonly string[]
  readonly temporalAddress: string
  readonly temporalUi?: string
  readonly logs: string
}

const file = join(stateDir, 'run/up.json')

export const writeUpState = (state: UpState): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`)
}

/** Null when no fleet is up, also when the one that wrote the file is gone. */
export const readUpState = (): UpState | null => {
  if (!existsSync(file)) return null
  const state = JSON.parse(readFileSync(file, 'utf8')) as UpState
  return isAlive(state.pid) ? state : null
}

export const removeUpState = (): void => rmSync(file, { force: true })

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
