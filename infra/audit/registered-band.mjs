#!/usr/bin/env node
/**
 * Checks the P/D band from what a sub-cluster recorded of itself, and from nothing else: this file imports nothing of
 * the product, so that a fault in the product's own idea of the band cannot hide here.
 *
 *   node infra/audit/registered-band.mjs changes.ndjson 0.375 0.625
 *
 * Reads the emulator's change log (GET /changes) from standard input or a file, follows which instances of each group
 * receive traffic, and after every change asks `lo·D − max(1, lo) ≤ P ≤ hi·D + max(1, hi)`. It asks the same of every
 * specification that was written. A group that lost an instance with its node is excused until it is back in band, at
 * most `graceMs` later. Prints one JSON object; exits
 * with 1 when the band was left.
 */
import { readFileSync } from 'node:fs'

/** World time in which a group must be back in band after it lost an instance: a start-up and a registration. */
const graceMs = 10 * 60_000

const [file = '-', lo, hi] = process.argv.slice(2)
const band = { lo: Number(lo), hi: Number(hi) }
if (!(band.lo > 0 && band.hi >= band.lo)) {
  process.stderr.write('E_USAGE registered-band: expected FILE LO HI with 0 < LO <= HI; nothing was checked\n')
  process.exit(2)
}

const changes = readFileSync(file === '-' ? 0 : file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
const result = check(changes, band)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(result.violations.length === 0 && result.checked > 0 ? 0 : 1)

function check(all, { lo, hi }) {
  const groups = new Map()
  const violations = []
  let checked = 0
  let excused = 0
  const groupOf = (name) => {
    if (!groups.has(name)) groups.set(name, { prefill: new Set(), decode: new Set(), lostAt: null })
    return groups.get(name)
  }
  const inBand = (prefill, decode) => prefill >= lo * decode - Math.max(1, lo) - 1e-9 && prefill <= hi * decode + Math.max(1, hi) + 1e-9
  const ask = (change, what, counts) => {
    checked += 1
    const group = groupOf(change.group)
    if (inBand(counts.prefill, counts.decode)) {
      if (what === 'registered') group.lostAt = null
      return
    }
    if (what === 'registered' && group.lostAt !== null && change.time - group.lostAt <= graceMs) {
      excused += 1
      return
    }
    violations.push({ at: change.time, group: change.group, what, ...counts })
  }
  for (const change of all) {
    const group = groupOf(change.group)
    if (change.kind === 'written') {
      ask(change, 'specified', change.countsAfter)
      ask(change, 'registered', change.servingAfter)
    }
    if (change.kind === 'gate') {
      if (change.registered) group[change.role].add(change.instance)
      else group[change.role].delete(change.instance)
      ask(change, 'registered', { prefill: group.prefill.size, decode: group.decode.size })
    }
    // Victims of a write were counted with the write; an instance that failed took its traffic with it unasked.
    if (change.kind === 'phase' && ['failed', 'gone', 'terminating'].includes(change.phase)) {
      const served = group[change.role].delete(change.instance)
      if (!served || change.phase !== 'failed') continue
      group.lostAt = change.time
      ask(change, 'registered', { prefill: group.prefill.size, decode: group.decode.size })
    }
  }
  return { changes: all.length, checked, excused, violations, band: { lo, hi } }
}
