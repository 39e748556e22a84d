import { describe, expect, it, test } from 'vitest'
import { moment, momentMs } from '../../cli/moment.ts'

const now = Date.UTC(2026, 0, 2, 14, 30)
const at = (text: string): string => new Date(momentMs(moment(text, undefined), now)).toISOString()

describe('a moment that a person types', () => {
  test.each([
    ['2026-01-01T14:05:30Z', '2026-01-01T14:05:30.000Z'],
    ['2026-01-01T14:05', '2026-01-01T14:05:00.000Z'],
    ['2026-01-01T14:05+02:00', '2026-01-01T12:05:00.000Z'],
    ['2026-01-01', '2026-01-01T00:00:00.000Z'],
    ['14:05', '2026-01-02T14:05:00.000Z'],
    ['9:05:30', '2026-01-02T09:05:30.000Z'],
    ['14:31', '2026-01-01T14:31:00.000Z'],
    ['90s', '2026-01-02T14:28:30.000Z'],
    ['15m', '2026-01-02T14:15:00.000Z'],
    ['2h', '2026-01-02T12:30:00.000Z'],
    ['3d', '2025-12-30T14:30:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(at(text)).toBe(expected)
  })

  test.each(['25:00', '14:60', '2026-13-01', 'yesterday', '2', '2w', '-2h', '2026-01-01 14:05', ''])('%j is refused', (text) => {
    expect(() => moment(text, undefined)).toThrow()
  })

  it('stands once', () => {
    expect(() => moment('2h', moment('3h', undefined))).toThrow(/twice/)
  })
})
