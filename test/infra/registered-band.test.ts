/** The independent band check must see a band that was left, and must not cry over one that was kept. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchDir } from '../support/scratch-dir.ts'

const script = resolve(import.meta.dirname, '../../infra/audit/registered-band.mjs')

type Verdict = { readonly checked: number; readonly excused?: number; readonly violations: readonly { readonly what: string; readonly at: number }[] }

const check = (changes: readonly object[], lo = '0.5', hi = '0.5'): Verdict & { readonly code: number } => {
  const file = join(scratchDir(), 'changes.ndjson')
  writeFileSync(file, changes.map((change) => `${JSON.stringify(change)}\n`).join(''))
  try {
    return { code: 0, ...(JSON.parse(execFileSync(process.execPath, [script, file, lo, hi], { encoding: 'utf8' })) as Verdict) }
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string }
    return { code: status, ...(stdout === '' ? { checked: 0, violations: [] } : (JSON.parse(stdout) as Verdict)) }
  }
}

let time = 0
const gate = (role: string, instance: string, registered = true) => ({ kind: 'gate', group: 'g', time: (time += 1000), role, instance, registered })
const phase = (role: string, instance: string, to: string) => ({ kind: 'phase', group: 'g', time: (time += 1000), role, instance, phase: to })
const written = (prefill: number, decode: number, serving = { prefill: 0, decode: 0 }) => ({
  kind: 'written', group: 'g', time: (time += 1000), countsAfter: { prefill, decode }, servingAfter: serving,
})

describe('the band check', () => {
  test('1P:2D opened in turn stays in band', () => {
    const verdict = check([written(1, 2), gate('decode', 'd0'), gate('prefill', 'p0'), gate('decode', 'd1')])
    expect(verdict).toMatchObject({ code: 0, violations: [] })
    expect(verdict.checked).toBe(5)
  })

  test('three prefills before any decode leave it at the second', () => {
    const verdict = check([gate('prefill', 'p0'), gate('prefill', 'p1'), gate('prefill', 'p2')])
    expect(verdict.code).toBe(1)
    expect(verdict.violations.map(({ what }) => what)).toEqual(['registered', 'registered'])
  })

  test('a specification of 3P+1D is out of band, whatever is registered', () =>
    expect(check([written(3, 1)])).toMatchObject({ code: 1, violations: [{ what: 'specified' }] }))

  test('a write that takes serving instances away counts', () =>
    expect(check([written(1, 2, { prefill: 4, decode: 2 })])).toMatchObject({ code: 1, violations: [{ what: 'registered' }] }))

  test('a node that was lost excuses the group, until it is back in band', () => {
    const loss = [gate('decode', 'd0'), gate('prefill', 'p0'), gate('decode', 'd1'), gate('decode', 'd2'), gate('prefill', 'p1'), gate('decode', 'd3')]
    const lost = [phase('decode', 'd0', 'failed'), phase('decode', 'd1', 'failed'), phase('decode', 'd2', 'failed'), phase('decode', 'd3', 'failed')]
    expect(check([...loss, ...lost]).violations).toEqual([])
    const opened = check([...loss, ...lost, gate('decode', 'd4'), gate('decode', 'd5'), gate('prefill', 'p2'), gate('prefill', 'p3'), gate('prefill', 'p4')])
    expect(opened.violations.length).toBeGreaterThan(0)
  })

  test('the excuse ends ten minutes after the loss', () => {
    const serving = [gate('decode', 'd0'), gate('prefill', 'p0'), gate('decode', 'd1'), gate('decode', 'd2'), gate('prefill', 'p1'), gate('decode', 'd3')]
    const lost = serving.filter(({ role }) => role === 'decode').map(({ instance }) => phase('decode', instance, 'failed'))
    const soon = check([...serving, ...lost, gate('prefill', 'p2')])
    expect(soon).toMatchObject({ violations: [], code: 0 })
    expect(soon.excused).toBeGreaterThan(0)
    const late = { ...gate('prefill', 'p2'), time: time + 11 * 60_000 }
    expect(check([...serving, ...lost, late]).violations).toHaveLength(1)
  })

  test('an empty log proves nothing and fails', () => expect(check([]).code).toBe(1))

  test('it imports nothing of the product', () => {
    const imports = [...readFileSync(script, 'utf8').matchAll(/^import .* from '([^']+)'/gm)].map((match) => match[1])
    expect(imports).toEqual(['node:fs'])
  })
})
