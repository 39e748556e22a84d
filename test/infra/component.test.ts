/** Programs are installed once, survive interruption, and damage is noticed. */
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureInstalled } from '../../infra/local/component.ts'
import type { Component } from '../../infra/local/component.ts'
import { scratchDir } from '../support/scratch-dir.ts'

/** A program of two files, installed by a shell; `then` runs after the first file is there. */
function program(then = ':'): Component {
  return {
    name: 'program',
    version: '1.0.0',
    through: 'a shell',
    command: (into) => ({ command: '/bin/sh', args: ['-c', `cd '${into}' && echo one > first && ${then} && mkdir lib && echo two > lib/second`] }),
  }
}

function placeIn(dir: string) {
  const lines: string[] = []
  return { dir, lines, onProgress: (line: string) => void lines.push(line) }
}

test('a program is installed once: the second time nothing runs', async () => {
  const place = placeIn(scratchDir())
  const folder = await ensureInstalled(program(), place)
  expect(readFileSync(join(folder, 'lib/second'), 'utf8')).toBe('two\n')
  expect(place.lines.join('\n')).toMatch(/program 1\.0\.0: installing through a shell[^]*installed in/)

  const again = placeIn(place.dir)
  expect(await ensureInstalled(program('false'), again)).toBe(folder)
  expect(again.lines).toEqual([])
})

test('an installation that fails leaves nothing that looks installed, and says what its log said', async () => {
  const place = placeIn(scratchDir())
  const failing = ensureInstalled(program('echo the mirror is down >&2 && false'), place)
  await expect(failing).rejects.toMatchObject({ code: 'INSTALL_FAILED', message: expect.stringContaining('the mirror is down') as string })
  expect(existsSync(join(place.dir, 'program-1.0.0'))).toBe(false)

  const folder = await ensureInstalled(program(), place)
  expect(existsSync(join(folder, 'lib/second'))).toBe(true)
})

test('what an interrupted installation left is removed by the next one', async () => {
  const place = placeIn(scratchDir())
  const pidOfNobody = 2 ** 22 + 1
  mkdirSync(join(place.dir, `.stage-${pidOfNobody}-program-1.0.0`))
  await ensureInstalled(program(), place)
  expect(readdirSync(place.dir)).toEqual(['program-1.0.0'])
})

test('a file that was cut short is noticed and the program is installed again', async () => {
  const place = placeIn(scratchDir())
  const folder = await ensureInstalled(program(), place)
  writeFileSync(join(folder, 'lib/second'), '')
  await ensureInstalled(program(), place)
  expect(readFileSync(join(folder, 'lib/second'), 'utf8')).toBe('two\n')
  expect(place.lines.join('\n')).toContain('lib/second is not what was installed')
})

test('a file that the owner of the machine may change is no damage when he does', async () => {
  const place = placeIn(scratchDir())
  const changeable: Component = { ...program(), mayChange: [join('lib', 'second')] }
  const folder = await ensureInstalled(changeable, place)
  writeFileSync(join(folder, 'lib/second'), 'two and his own')
  await ensureInstalled(changeable, place)
  expect(readFileSync(join(folder, 'lib/second'), 'utf8')).toBe('two and his own')
  writeFileSync(join(folder, 'first'), '')
  await ensureInstalled(changeable, place)
  expect(place.lines.join('\n')).toContain('first is not what was installed')
})

test('a file of the same size with other contents is noticed by its checksum', async () => {
  const place = placeIn(scratchDir())
  const folder = await ensureInstalled(program(), place)
  writeFileSync(join(folder, 'first'), 'ONE\n')
  utimesSync(join(folder, 'first'), new Date(0), new Date(0))
  await ensureInstalled(program(), place)
  expect(readFileSync(join(folder, 'first'), 'utf8')).toBe('one\n')
})

test('a file that was only touched is still what was installed', async () => {
  const place = placeIn(scratchDir())
  const folder = await ensureInstalled(program(), place)
  utimesSync(join(folder, 'first'), new Date(0), new Date(0))
  await ensureInstalled(program('false'), place)
  expect(place.lines.join('\n')).not.toContain('is not what was installed')
})
