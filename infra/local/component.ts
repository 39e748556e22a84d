/**
 * Installs one program into a folder of its own, once. The work is done in a staging folder that is renamed when
 * complete, so an interrupted installation leaves nothing half-done and two at the same time do not disturb each other.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { firstDamage, writeManifest } from './checksums.ts'
import { isAlive } from './is-alive.ts'
import { LauncherError } from './launcher-error.ts'
import { lastLines } from './log-file.ts'
import { superviseProcess } from './process.ts'

/** One program: its folder's name says its version, its command fills the folder it is given. */
export interface Component {
  readonly name: string
  readonly version: string
  /** Shown while it runs, for example `Maven`. */
  readonly through: string
  /** Files, relative to its folder, that the machine's owner may change: that is no damage. */
  readonly mayChange?: readonly string[]
  /** The command that fills `into`, which exists and is empty. */
  command(into: string): { readonly command: string; readonly args: readonly string[]; readonly env?: Record<string, string> }
}

/** Where programs go and where progress is told. */
export interface InstallPlace {
  /** For example `.heteroscale/servers`. */
  readonly dir: string
  readonly onProgress: (line: string) => void
}

/** The folder that holds the component, installed now unless it is there and undamaged. Throws INSTALL_FAILED. */
export async function ensureInstalled(component: Component, place: InstallPlace): Promise<string> {
  const target = folderOf(component, place)
  if (existsSync(target)) {
    const damage = await firstDamage(target)
    if (damage === undefined) return target
    place.onProgress(`${component.name} ${component.version}: ${damage} is not what was installed; installing again`)
    rmSync(target, { recursive: true, force: true })
  }
  return installAnew(component, place)
}

/** True when the component is there and undamaged, so that nothing is needed to install it. */
export async function isInstalled(component: Component, place: Pick<InstallPlace, 'dir'>): Promise<boolean> {
  return (await firstDamage(folderOf(component, place))) === undefined
}

async function installAnew(component: Component, place: InstallPlace): Promise<string> {
  const target = folderOf(component, place)
  removeAbandonedStages(place.dir)
  const stage = join(place.dir, `${stagePrefix}${process.pid}-${component.name}-${component.version}`)
  mkdirSync(stage, { recursive: true })
  await fill(stage, component, place)
  await writeManifest(stage, component.mayChange)
  try {
    renameSync(stage, target)
  } catch {
    // Somebody else finished first: theirs is as good as ours, if it is whole.
    rmSync(stage, { recursive: true, force: true })
    if ((await firstDamage(target)) !== undefined) throw failed(component, 'another installation left a damaged folder')
  }
  return target
}

async function fill(stage: string, component: Component, place: InstallPlace): Promise<void> {
  const title = `${component.name} ${component.version}`
  const startedAt = Date.now()
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
  const logFile = join(place.dir, `${component.name}-${component.version}-${process.pid}.install.log`)
  place.onProgress(`${title}: installing through ${component.through} ...`)
  const installer = superviseProcess({ name: `install ${title}`, logFile, ...component.command(stage) })
  const ticking = setInterval(() => place.onProgress(`${title}: still installing, ${seconds()}`), 5_000)
  const { code } = await installer.exited.finally(() => clearInterval(ticking))
  if (code !== 0) throw failed(component, `exit code ${code}; the log ${logFile} ends:\n${lastLines(logFile, 8)}`)
  rmSync(logFile, { force: true })
  place.onProgress(`${title}: installed in ${seconds()}`)
}

function failed(component: Component, why: string): LauncherError {
  return new LauncherError('INSTALL_FAILED', `${component.name} ${component.version}: ${why}\nNothing half-done is kept; run the command again to continue.`)
}

function folderOf(component: Component, place: Pick<InstallPlace, 'dir'>): string {
  return join(place.dir, `${component.name}-${component.version}`)
}

const stagePrefix = '.stage-'

/** Stages carry the process id of their maker; those of the dead are leftovers of an interruption. */
function removeAbandonedStages(dir: string): void {
  if (!existsSync(dir)) return
  for (const name of readdirSync(dir)) {
    const maker = Number(name.startsWith(stagePrefix) ? name.slice(stagePrefix.length).split('-')[0] : NaN)
    if (maker > 0 && !isAlive(maker)) rmSync(join(dir, name), { recursive: true, force: true })
  }
}
