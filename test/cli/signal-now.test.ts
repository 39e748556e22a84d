/** Signals in `get services`: what is old or was not measured is no number. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { validateManifest } from '../../core/service/validate.ts'
import { showSignal } from '../../cli/signal-now.ts'
import type { ServiceAnswer, SignalNow } from '../../services/api/answers.ts'

const result = validateManifest(parse(readFileSync('docs/examples/chat-70b.yaml', 'utf8')))
const manifest = result.ok ? result.manifest : null
const now = 1_000_000
const staleAfterMs = (manifest?.spec.evidence.staleAfterSeconds ?? 0) * 1000
const fresh = (signal: string, value: number): SignalNow => ({ signal, value, windowEndMs: now - staleAfterMs })
const old = (signal: string, value: number): SignalNow => ({ signal, value, windowEndMs: now - staleAfterMs - 1 })
const shown = (name: string, ...signals: readonly SignalNow[]): string => showSignal({ manifest, signals } as unknown as ServiceAnswer, name, now)

test.each([
  ['a fresh value is a number', shown('decodeTps', fresh('decodeTps', 9_600)), '9600'],
  ['zero load is zero', shown('decodeTps', fresh('decodeTps', 0)), '0'],
  ['what nobody measured is a dash', shown('ttftMsP95', fresh('decodeTps', 9_600)), '-'],
  ['a value that is too old to decide on is stale', shown('decodeTps', old('decodeTps', 9_600)), 'stale'],
  ['old latency under load is stale', shown('ttftMsP95', fresh('decodeTps', 9_600), old('ttftMsP95', 300)), 'stale'],
  ['without load there is no latency', shown('ttftMsP95', fresh('decodeTps', 0), old('ttftMsP95', 300)), '-'],
  ['when load is not known either, latency is stale', shown('ttftMsP95', old('decodeTps', 0), old('ttftMsP95', 300)), 'stale'],
])('%s', (_title, got, expected) => {
  expect(staleAfterMs).toBeGreaterThan(0)
  expect(got).toBe(expected)
})
