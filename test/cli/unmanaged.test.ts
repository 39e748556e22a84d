/** What an operator sees of a service after `delete`: its capacity does not vanish from the screen. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServiceListAnswer } from '../../services/api/answers.ts'
import { exampleText } from '../services/api/api-world.ts'
import { held, instances, service } from '../services/api/one-scale-out.ts'
import { createCliWorld, runCli, type CliWorld } from './cli-world.ts'

let world: CliWorld
beforeEach(async () => {
  world = await createCliWorld()
})
afterEach(() => world.close())

const deletedWith = async (prefill: number, decode: number): Promise<void> => {
  await world.append('signals', service, instances(prefill, decode, 60))
  await world.settled()
  await world.delete(service)
  await world.settled()
}

test('get services tells what was left, where nothing else is managed', async () => {
  await deletedWith(7, 15)
  world.pass(300_000)
  const line = 'unmanaged: chat-70b, deleted 5m ago, left at 7P+15D'
  expect(await world.cli('get', 'services')).toEqual({ exitCode: 0, out: line, err: '' })
  expect((await world.cli('get', 'services', '--service', service)).out).toBe(line)
  expect((await world.cli('get', 'services', '--service', 'chat-7b')).out).toMatch(/^No services of chat-7b found/)
})

test('counts that nobody saw are not shown as zero', async () => {
  await world.delete(service)
  await world.settled()
  expect((await world.cli('get', 'services')).out).toBe('unmanaged: chat-70b, deleted 0s ago, left as it was')
})

test('the line stands below the table of what is managed, and in the data', async () => {
  await world.startDecider()
  const files = { 'other.yaml': exampleText.replace('name: chat-70b', 'name: chat-7b') }
  expect((await runCli(['apply', '-f', 'other.yaml', '--server', world.server], { files })).exitCode).toBe(0)
  await deletedWith(7, 15)
  const lines = (await world.cli('get', 'services')).out.split('\n')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['NAME', 'chat-7b', 'unmanaged:'])
  const data = JSON.parse((await world.cli('get', 'services', '-o', 'json')).out) as ServiceListAnswer
  expect(data).toMatchObject({ items: [{ name: 'chat-7b' }], unmanaged: [{ name: service, counts: { prefill: 7, decode: 15 } }] })
})

test('--watch shows a deletion', async () => {
  const steps = [() => deletedWith(7, 15)]
  const pause = async (): Promise<'go' | 'stop'> => {
    const step = steps.shift()
    await step?.()
    return step === undefined ? 'stop' : 'go'
  }
  const { out } = await runCli(['get', 'services', '--watch', '--server', world.server], { pause })
  expect(out).toBe('No services found.\n\nunmanaged: chat-70b, deleted 0s ago, left at 7P+15D')
})

test('describe and explain say when it was deleted', async () => {
  await deletedWith(7, 15)
  for (const verb of ['describe', 'explain'])
    expect(await world.cli(verb, service)).toEqual({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(/^E_NOT_FOUND \w+: chat-70b was deleted at 2026-01-01T00:01:40Z; its instances stay, and nobody scales them$/) as string,
    })
  await world.append('decisions', service, held)
  await world.settled()
  expect((await world.cli('explain', service)).out).toContain('unmanaged')
})
