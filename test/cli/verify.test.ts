import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readChanges } from '../../cli/verify-changes.ts'
import { verifyLog } from '../../cli/verify-log.ts'
import { describeVerification } from '../../cli/verify-text.ts'
import type { Verification } from '../../core/audit/verify/verify.ts'
import type { EventLog } from '../../core/ports.ts'
import { recordsOf } from '../services/decider/history.ts'
import { openStage, type Stage } from '../services/decider/stage.ts'
import { scratchDir } from '../support/scratch-dir.ts'
import { processTerminal } from '../../cli/terminal.ts'

const verified = (eventLog: EventLog, over: Partial<Parameters<typeof verifyLog>[1]> = {}): Promise<Verification> =>
  verifyLog(eventLog, { service: null, sinceMs: -Infinity, changes: null, onProgress: () => undefined, ...over })

const played = async (): Promise<Stage> => {
  const stage = await openStage()
  for (const service of ['chat', 'code']) await stage.configure(service)
  const decider = await stage.startDecider('ada')
  await stage.pass(120)
  await decider.stop()
  return stage
}

const textOf = (verification: Verification, from: readonly string[] = []): string => describeVerification(verification, from, { ...processTerminal, isTty: false }).join('\n')

describe('heteroscale verify', () => {
  it('finds nothing in what deciders wrote, and says what it did not check', async () => {
    const verification = await verified((await played()).eventLog)
    expect(verification).toMatchObject({ findings: [], services: 2, effects: null })
    const text = textOf(verification)
    expect(text).toMatch(/verify: [1-9]\d* decisions and [1-9]\d* holds of 2 services, chain unbroken/)
    expect(text).toContain('effects were NOT checked: no change log is known')
    expect(text).toMatch(/verify: 0 findings$/)
  })

  it('looks at one service, or at what happened since a time', async () => {
    const { eventLog, clock } = await played()
    const all = await verified(eventLog)
    const chat = await verified(eventLog, { service: 'chat' })
    expect(chat).toMatchObject({ services: 1, findings: [] })
    expect(chat.decisions).toBeLessThan(all.decisions)
    expect(await verified(eventLog, { sinceMs: clock.now() + 1 })).toMatchObject({ decisions: 0, holds: 0, findings: [] })
  })

  it('names what stands in the log and cannot be read, but not what retention took', async () => {
    const { eventLog } = await played()
    const [first, second, third] = (await recordsOf(eventLog, 'decisions')).filter(({ partition, event }) => partition === 0 && event?.type === 'ScaleHeld')
    const passedOver = [first, third].map((record) => record?.offset)
    const damaged: EventLog = {
      ...eventLog,
      bounds: (topic) => eventLog.bounds(topic),
      partitionOf: (topic, key) => eventLog.partitionOf(topic, key),
      read: async function* (range) {
        for await (const record of eventLog.read(range)) if (range.topic !== 'decisions' || range.partition !== 0 || !passedOver.includes(record.offset)) yield record
      },
    }
    const unreadable = ({ findings }: Verification): readonly string[] => findings.filter(({ code }) => code === 'RECORD_UNREADABLE').map(({ id }) => id)
    expect(second).toBeDefined()
    expect(unreadable(await verified(damaged))).toEqual(passedOver.map((offset) => `decisions/0@${offset}`))
    const cut: EventLog = { ...damaged, bounds: async (topic) => (await eventLog.bounds(topic)).map((one) => (topic === 'decisions' ? { ...one, start: (third?.offset ?? 0) + 1 } : one)) }
    expect(unreadable(await verified(cut))).toEqual([])
  })

  it('takes a service that was removed and applied again for what it is', async () => {
    const stage = await openStage()
    const decider = await stage.startDecider('ada')
    await stage.configure('chat')
    await stage.pass(90)
    await stage.remove('chat')
    await stage.pass(5)
    await stage.configure('chat')
    await stage.pass(90)
    await decider.stop()
    const removed = (await recordsOf(stage.eventLog, 'decisions')).filter(({ event }) => event?.type === 'ScaleDecided' && event.previousHash === '')
    expect(removed).toHaveLength(2)
    expect((await verified(stage.eventLog)).findings).toEqual([])
  })

  it('does not take what came while it read for a fault', async () => {
    const stage = await openStage()
    await stage.configure('chat')
    const decider = await stage.startDecider('ada')
    await stage.pass(60)
    const verification = await verified(stage.eventLog, {
      changes: async () => {
        await stage.pass(60)
        return []
      },
    })
    await decider.stop()
    expect(verification.findings).toEqual([])
  })

  it('shows a screen of findings and counts the others', async () => {
    const finding = { code: 'EFFECT_WITHOUT_INTENT', service: 'chat', id: 'by-hand', time: 0, detail: 'nobody\u001b[2J asked' } as const
    const many = { ...(await verified((await played()).eventLog)), findings: Array.from({ length: 40 }, () => finding), effects: { count: 40, matched: 0 } }
    const text = textOf(many, ['east.ndjson'])
    expect(text).toContain('EFFECT_WITHOUT_INTENT chat by-hand at 1970-01-01T00:00:00Z: nobody?[2J asked')
    expect(text).toContain('… and 25 more; -o json shows all')
    expect(text).toContain('40 effects in the change log of east.ndjson: 0 as ordered')
    expect(text.split('\n').length).toBeLessThanOrEqual(24)
  })
})

describe('a change log', () => {
  const file = (name: string, text: string): string => {
    const path = join(scratchDir(), name)
    writeFileSync(path, text)
    return path
  }
  const line = (time: number): string => JSON.stringify({ kind: 'fault', time })

  it('is read from several files, in the order of time', async () => {
    const lines = await readChanges([file('a', `${line(2)}\n${line(3)}\n`), file('b', `${line(1)}\n\n`)])
    expect(lines.map(({ time }) => time)).toEqual([1, 2, 3])
  })

  it('that is none is refused with file and line, not taken for empty', async () => {
    await expect(readChanges([file('a', `${line(1)}\n{"kind":"written","time":1}\n`)])).rejects.toThrow(/^E_CHANGES \S+a:2: got \{"kind":"written","time":1\}; allowed: JSON lines/)
    await expect(readChanges([file('a', 'not json')])).rejects.toThrow(/a:1: got not json/)
  })

  it('that does not answer is named', async () => {
    await expect(readChanges(['http://127.0.0.1:1'])).rejects.toThrow(/^E_CHANGES http:\/\/127\.0\.0\.1:1: got .*; nothing was verified/)
    await expect(readChanges(['/no/such/file'])).rejects.toThrow(/E_CHANGES \/no\/such\/file: got ENOENT/)
  })
})
