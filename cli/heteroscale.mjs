#!/usr/bin/env node
/**
 * The command `heteroscale` in a clone where nothing is installed or compiled yet: brings both up to date, then becomes
 * the real command line. It imports nothing but Node's built-ins until that is done, and speaks on standard
 * error only, so that standard output is the command's own.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compile } from '../infra/bootstrap/compile.mjs'
import { installDependencies } from '../infra/bootstrap/dependencies.mjs'
import { nodeVersionFault } from '../infra/bootstrap/node-version.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const say = (line) => process.stderr.write(`heteroscale: ${line}\n`)

/** `demo` reports its times from here, so that installing and compiling count. */
process.env.HETEROSCALE_STARTED_AT = String(Math.round(Date.now() - process.uptime() * 1000))

const fault = nodeVersionFault(process.versions.node) ?? (await prepare())
if (fault === undefined) await becomeCommandLine()
else {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 6
}

/** A package comes compiled, with its dependencies beside it. */
async function prepare() {
  if (!existsSync(join(root, 'tsconfig.build.json'))) return undefined
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
  const main = join(root, 'dist/cli/main.js')
  process.argv[1] = main
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(main).href)
}
