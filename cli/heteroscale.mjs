#!/usr/bin/env node
/**
 * The command `heteroscale` in a clone where nothing is installed or compiled yet: brings both up to date, then becomes
 * the real command line. Verbs that look at a fleet or stop it wait for neither: they become what was compiled last. It
 * imports nothing but Node's built-ins until that is done, and speaks on standard error only, so that standard output is
 * the command's own.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compile } from '../infra/bootstrap/compile.mjs'
import { installDependencies } from '../infra/bootstrap/dependencies.mjs'
import { newerThanLastBuild, verbOfLastBuild } from '../infra/bootstrap/last-build.mjs'
import { nodeVersionFault } from '../infra/bootstrap/node-version.mjs'
import { runStep } from '../infra/bootstrap/run-step.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isClone = existsSync(join(root, 'tsconfig.build.json'))
const main = join(root, 'dist/cli/main.js')
const say = (line) => process.stderr.write(`heteroscale: ${line}\n`)

/** `demo` reports its times from here, so that installing and compiling count. */
process.env.HETEROSCALE_STARTED_AT = String(Math.round(Date.now() - process.uptime() * 1000))

const urgent = isClone ? verbOfLastBuild(root, process.argv.slice(2)) : undefined
const fault = nodeVersionFault(process.versions.node) ?? (await (urgent === undefined ? start() : startLastBuild()))
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 6
}

async function start() {
  return (await prepare()) ?? becomeCommandLine()
}

/** Only when what was compiled last cannot be loaded at all, so that nothing of it ran, is it prepared. */
async function startLastBuild() {
  const newer = newerThanLastBuild(root)
  if (newer !== undefined) say(`${urgent} waits for neither npm nor the compiler: this is the last build, older than ${newer}`)
  try {
    return await becomeCommandLine()
  } catch (failure) {
    say(`the last build does not load: ${failure.message.split('\n')[0]}`)
  }
  return (await prepare()) ?? runCommandLine()
}

/** What failed to load stays failed in this process. */
async function runCommandLine() {
  process.exitCode = await runStep(root, [process.execPath, '--enable-source-maps', main, ...process.argv.slice(2)])
}

/** A package comes compiled, with its dependencies beside it. */
async function prepare() {
  if (!isClone) return undefined
  try {
    await installDependencies(root, say)
    await compile(root, say)
    return undefined
  } catch (failure) {
    return failure.message
  }
}

/**
 * The compiled command line runs in this very process, not in a child: signals, exit code and terminal are its own,
 * and killing this process leaves nothing behind.
 */
async function becomeCommandLine() {
  process.argv[1] = main
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(main).href)
}
