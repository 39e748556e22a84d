/** Finds what must be on the machine before the servers can be installed, and says how to get what is missing. */
import { execFile } from 'node:child_process'
import { LauncherError } from './launcher-error.ts'
import { versions } from './versions.ts'

/** Something the machine's owner has to provide. */
export interface Prerequisite {
  readonly name: string
  /** What the launcher does with it. */
  readonly purpose: string
  readonly debian: string
  readonly macos: string
}

/** All prerequisites, by the command that is tried. */
export const prerequisites = {
  java: {
    name: `Java ${versions.javaAtLeast} or newer`,
    purpose: 'Kafka runs on it',
    debian: 'sudo apt-get install -y default-jre-headless',
    macos: 'brew install openjdk',
  },
  maven: {
    name: 'Maven',
    purpose: 'Kafka is downloaded with it',
    debian: 'sudo apt-get install -y maven',
    macos: 'brew install maven',
  },
  python: {
    name: 'Python 3 with pip',
    purpose: 'Temporal is downloaded with it',
    debian: 'sudo apt-get install -y python3-pip',
    macos: 'brew install python',
  },
  kcat: {
    name: 'kcat',
    purpose: 'a test reads every topic with it, as an operator does',
    debian: 'sudo apt-get install -y kcat',
    macos: 'brew install kcat',
  },
} as const satisfies Record<string, Prerequisite>

/** Runs a command; its output (stdout and stderr), or undefined when it is absent or fails. */
export type TryCommand = (command: string, args: readonly string[]) => Promise<string | undefined>

/** `TryCommand` on this machine. */
export const tryCommand: TryCommand = (command, args) =>
  new Promise((resolve) => {
    execFile(command, args, (error, stdout, stderr) => resolve(error === null ? `${stdout}${stderr}` : undefined))
  })

/** The first Java that is new enough, from JAVA_HOME or the PATH; undefined when there is none. */
export async function findJava(attempt: TryCommand, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const candidates = env.JAVA_HOME === undefined ? ['java'] : [`${env.JAVA_HOME}/bin/java`, 'java']
  for (const java of candidates) {
    const answer = await attempt(java, ['-version'])
    if (answer !== undefined && javaMajor(answer) >= versions.javaAtLeast) return java
  }
  return undefined
}

/** The major version in what `java -version` prints (`1.8.0` is 8); 0 when there is none. */
export function javaMajor(versionText: string): number {
  const match = /version "(?:1\.)?(\d+)/.exec(versionText)
  return match === null ? 0 : Number(match[1])
}

/** True when pip answers. */
export async function hasPip(attempt: TryCommand): Promise<boolean> {
  return (await attempt('python3', ['-m', 'pip', '--version'])) !== undefined
}

/** What an operator reads when something is missing: each thing, the line that installs it, and the way around it. */
export function missing(things: readonly Prerequisite[]): LauncherError {
  const names = things.map((thing) => thing.name).join(', ')
  const lines = things.flatMap((thing) => [
    `  ${thing.name} (${thing.purpose})`,
    `    Debian, Ubuntu:  ${thing.debian}`,
    `    macOS:           ${thing.macos}`,
  ])
  return new LauncherError(
    'PREREQUISITE_MISSING',
    [
      `this machine: ${names} not found; nothing was started. Install what is missing and run the command again:`,
      ...lines,
      '  Or, with Docker, run the same stack from its images:  docker compose up',
    ].join('\n'),
  )
}
