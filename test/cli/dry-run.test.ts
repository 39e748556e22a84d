/** `apply --dry-run`: on a log in memory that a real decider wrote, and through the whole command line. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { ApiClient } from '../../cli/api-client.ts'
import { describeDryRun } from '../../cli/dry-run-text.ts'
import { dryRun, type DryRunAnswer, type DryRunRequest, type OpenLog } from '../../cli/dry-run.ts'
import { validateManifest } from '../../core/service/validate.ts'
import type { ServiceManifest } from '../../core/service/specification.ts'
import { coreHash, openStage, type Stage } from '../services/decider/stage.ts'
import { createCliWorld, runCli, type CliWorld } from './cli-world.ts'

const exampleFile = 'docs/examples/chat-70b.yaml'
type Spec = { policies: { proportional: { targetPerInstance: number } }; roles: { decode: { minReplicas: number }; prefill: { gpusPerInstance: number } }; cell: string }
type Document = { metadata: { name: string }; spec: Spec }

const document = (change: (spec: Spec) => void = () => undefined, name = 'chat'): Document => {
  const content = parse(readFileSync(exampleFile, 'utf8')) as Document
  change(content.spec)
  return { ...content, metadata: { ...content.metadata, name } }
}

const manifest = (change?: (spec: Spec) => void): ServiceManifest => {
  const validation = validateManifest(document(change))
  if (!validation.ok) throw new Error(JSON.stringify(validation.faults))
  return validation.manifest
}

const halved = (spec: Spec): void => void (spec.policies.proportional.targetPerInstance = 600)

/** Five minutes of a load that rises and falls, decided by a real decider; `chat` in the file of docs/examples. */
const played = async (): Promise<Stage> => {
  const stage = await openStage()
  await stage.configure('chat')
  await stage.startDecider('ada')
  await stage.pass(300)
  return stage
}

/** An API that knows the service, at the present of the stage. */
const apiOf = (stage: Stage, inForce: ServiceManifest | null = manifest()): ApiClient => {
  const items = inForce === null ? [] : [{ name: 'chat', generation: 3, manifest: inForce }]
  const answer: unknown = { now: stage.clock.now(), items }
  return { get: <T>() => Promise.resolve(answer as T) } as unknown as ApiClient
}

const terminal = { print: () => undefined, warn: () => undefined, read: () => Promise.reject(new Error('nothing to read')), env: {}, isTty: false, columns: null, pause: () => Promise.resolve('stop' as const) }

const tried = (stage: Stage, request: Partial<DryRunRequest> = {}, over: { readonly inForce?: ServiceManifest | null; readonly coreHash?: string } = {}): Promise<DryRunAnswer> => {
  const openLog: OpenLog = () => Promise.resolve({ eventLog: stage.broker.eventLog(), coreHash: over.coreHash ?? coreHash })
  return dryRun({ client: apiOf(stage, over.inForce), terminal, openLog }, { candidate: manifest(halved), windowMs: 3_600_000, ...request })
}

describe('A dry run of a changed file', () => {
  test('names the field that differs, and the orders that it would have given instead', async () => {
    const answer = await tried(await played())
    expect(answer).toMatchObject({ service: 'chat', outcome: 'changed', generation: 3, refusals: [], changes: [{ path: 'spec.policies.proportional.targetPerInstance', from: 1200, to: 600 }] })
    expect(answer.history?.evaluations).toBeGreaterThan(250)
    expect(answer.history?.moments.length).toBeGreaterThan(0)
    expect(answer.history?.candidate.gpuHours).toBeGreaterThan(answer.history?.decided.gpuHours ?? Infinity)
    expect(answer.history?.otherCores).toEqual([])
    const text = describeDryRun(answer, terminal)
    expect(text).toMatch(/^service\/chat at generation 3: 1 field differs \(dry run, nothing was recorded\)/)
    expect(text).toMatch(/spec\.policies\.proportional\.targetPerInstance +1200 +600/)
    expect(text).toMatch(/did not follow the file/)
    expect(text).toMatch(/hold INSIDE_TOLERANCE +scale-out \d+P\+\d+D/)
    expect(text.split('\n').length).toBeLessThanOrEqual(50)
  })

  test('decides as the decider decided: its orders are those on record', async () => {
    const stage = await played()
    const { history } = await tried(stage)
    const decisions = (await stage.eventLog.bounds('decisions')).map(async ({ partition, start, end }) => {
      let orders = 0
      for await (const { event } of stage.eventLog.read({ topic: 'decisions', partition, from: start, to: end })) if (event?.type === 'ScaleDecided') orders += 1
      return orders
    })
    expect(history?.decided.orders).toBe((await Promise.all(decisions)).reduce((sum, orders) => sum + orders, 0))
  })

  test('looks back as far as it is told', async () => {
    const stage = await played()
    const { history } = await tried(stage, { windowMs: 60_000 })
    expect(history?.fromMs).toBe(stage.clock.now() - 60_000)
    expect(history?.evaluations).toBeLessThanOrEqual(61)
    expect(history?.moments.every(({ fromMs }) => fromMs >= stage.clock.now() - 60_000)).toBe(true)
  })

  test('begins at the newest checkpoint of this version before the window, and says the same from there', async () => {
    const stage = await openStage()
    await stage.configure('chat')
    await stage.startDecider('ada')
    await stage.pass(30)
    const whole = await tried(stage, { windowMs: 20_000 })
    // Checkpoints are an hour apart; the window begins after the second one and its warm-up.
    await stage.clock.advance(3_600_000)
    await stage.pass(240)
    const late = await tried(stage, { windowMs: 60_000 })
    const fromStart = await tried(stage, { windowMs: 60_000 }, { coreHash: 'another' })
    expect(whole.history?.records).toBeGreaterThan(0)
    expect(late.history?.records).toBeLessThan(fromStart.history?.records ?? 0)
    expect(late.history?.moments.map(({ decided, candidate }) => [decided.order, candidate.order])).toEqual(
      fromStart.history?.moments.map(({ decided, candidate }) => [decided.order, candidate.order]),
    )
    expect(fromStart.history?.otherCores).toEqual([coreHash])
    expect(describeDryRun(fromStart, terminal)).toContain(`Another version decided in this window (core ${coreHash})`)
  })

  test('of the file in force says that nothing differs', async () => {
    const answer = await tried(await played(), { candidate: manifest() })
    expect(answer).toMatchObject({ outcome: 'unchanged', changes: [], history: { moments: [] } })
    expect(describeDryRun(answer, terminal)).toContain('It would have ordered the same, every time.')
  })
})

describe('A dry run says what apply would refuse', () => {
  test('a field that cannot change, without asking what it would have ordered', async () => {
    const answer = await tried(await openStage(), { candidate: manifest((spec) => void (spec.cell = 'cell-b')) })
    expect(answer).toMatchObject({ outcome: 'refused', history: null })
    expect(answer.refusals).toEqual([expect.stringContaining('E_SPEC_IMMUTABLE spec.cell')])
  })

  test('a minimum that falls too far, unless the share is confirmed', async () => {
    const candidate = manifest((spec) => void (spec.roles.decode.minReplicas = 1))
    const stage = await openStage()
    expect((await tried(stage, { candidate })).refusals).toEqual([expect.stringMatching(/^E_SAFETY_STEP spec.roles.decode.minReplicas: 4 → 1 .* --confirm-decrease 75/)])
    expect((await tried(stage, { candidate, confirmDecrease: 75 })).refusals).toEqual([])
  })

  test('a generation that is not the expected one', async () => {
    expect((await tried(await openStage(), { expectedGeneration: 2 })).refusals).toEqual([expect.stringContaining('chat is at generation 3; expected 2')])
  })
})

describe('A dry run without a history', () => {
  test('of a new service says that there is nothing to compare with', async () => {
    const answer = await tried(await openStage(), {}, { inForce: null })
    expect(answer).toMatchObject({ outcome: 'new', history: null })
    expect(describeDryRun(answer, terminal)).toMatch(/service\/chat is new: .*\n\nWhat it would have asked for is not known: chat is new/)
  })

  test('of a service that nobody evaluated in the window says so', async () => {
    expect((await tried(await openStage())).noHistory).toBe('the log holds no evaluation of the service in this window')
  })
})

describe('heteroscale apply --dry-run', () => {
  let world: CliWorld | null = null
  afterEach(async () => {
    await world?.close()
    world = null
  })

  const withDecider = async (): Promise<CliWorld> => {
    world = await createCliWorld()
    await world.startDecider()
    return world
  }
  const noKafka = { KAFKA_BROKERS: '127.0.0.1:1' }
  const run = (server: string, file: object, ...flags: string[]) =>
    runCli(['apply', '-f', 'new.yaml', '--dry-run', ...flags, '--server', server], { files: { 'new.yaml': stringify(file) }, env: noKafka })

  test('records nothing, and without Kafka compares the files alone', async () => {
    const { server, cli, append: _append, ...rest } = await withDecider()
    await cli('apply', '-f', exampleFile)
    await rest.settled()
    const { exitCode, out } = await run(server, document(halved, 'chat-70b'))
    expect(exitCode).toBe(0)
    expect(out).toContain('service/chat-70b at generation 1: 1 field differs')
    expect(out).toContain('What it would have asked for is not known: Kafka at 127.0.0.1:1 does not answer; name it with KAFKA_BROKERS')
    expect((await cli('get', 'services', '-o', 'json')).out).toContain('"generation": 1')
  })

  test('ends with the exit code of a refusal when apply would be refused', async () => {
    const { server, cli, settled } = await withDecider()
    await cli('apply', '-f', exampleFile)
    await settled()
    const { exitCode, out, err } = await run(server, document((spec) => void (spec.roles.prefill.gpusPerInstance = 8), 'chat-70b'))
    expect(exitCode).toBe(4)
    expect(out).toContain('apply would refuse it: E_SPEC_IMMUTABLE spec.roles.prefill.gpusPerInstance')
    expect(err).toContain('this was a dry run, nothing was recorded')
  })

  test('gives the same as JSON', async () => {
    const { server } = await withDecider()
    const { out } = await run(server, document(halved), '-o', 'json', '--window', '2h')
    expect(JSON.parse(out)).toMatchObject({ service: 'chat', outcome: 'new', history: null })
  })

  test('understands durations in the window, and nothing else', async () => {
    const { exitCode, err } = await run('http://127.0.0.1:1', document(), '--window', 'soon')
    expect(exitCode).toBe(2)
    expect(err).toContain('expected a duration such as 90s, 15m or 2h, from 60s to 336h')
  })
})
