/** Configuration: every fault at once, each with key, value and range; secrets stay hidden; the environment wins. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig, subClusterList, wholeNumber, type Environment } from '../../services/config.ts'
import { scratchDir } from '../support/scratch-dir.ts'

const shape = { EXAMPLE_MS: wholeNumber(10, 1000).default(50), EXAMPLE_TARGETS: subClusterList.optional() }

const faultsOf = (env: Environment): readonly string[] => {
  try {
    loadConfig(shape, env)
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [String(error)]
  }
}

describe('configuration', () => {
  test('defaults serve a laptop', () =>
    expect(loadConfig(shape, {})).toMatchObject({ KAFKA_BROKERS: ['127.0.0.1:9092'], TEMPORAL_ADDRESS: '127.0.0.1:7233', EXAMPLE_MS: 50 }))

  test('all faults are told together, with key, value and what is allowed', () => {
    const faults = faultsOf({ EXAMPLE_MS: '5', HETEROSCALE_HTTP_PORT: '70000', HETEROSCALE_LOG_LEVEL: 'loud', KAFKA_BROKERS: 'a,,b' })
    expect(faults).toHaveLength(4)
    expect(faults.find((fault) => fault.startsWith('EXAMPLE_MS'))).toBe('EXAMPLE_MS: got "5"; allowed: a whole number 10..1000')
    expect(faults.find((fault) => fault.startsWith('HETEROSCALE_HTTP_PORT'))).toContain('0..65535')
  })

  test.each(['1e3', '0x10', '12.5', '-5', '12abc'])('%j is no whole number in range', (value) => expect(faultsOf({ EXAMPLE_MS: value })).toHaveLength(1))

  test('a blank variable is a forgotten one, not an empty setting', () => expect(loadConfig(shape, { EXAMPLE_MS: ' ' }).EXAMPLE_MS).toBe(50))

  test('a secret is not repeated in a message', () => {
    const faults = faultsOf({ KAFKA_SASL_MECHANISM: 'magic', KAFKA_SASL_PASSWORD: '' })
    expect(faults.join()).toContain('KAFKA_SASL_MECHANISM')
    const withSecret = z.object({ MY_PASSWORD: z.string().min(20) }).shape
    expect(() => loadConfig(withSecret, { MY_PASSWORD: 'hunter2' })).toThrow('(hidden)')
    expect(() => loadConfig(withSecret, { MY_PASSWORD: 'hunter2' })).not.toThrow('hunter2')
  })

  test('sub-clusters are names with addresses', () => {
    expect(loadConfig(shape, { EXAMPLE_TARGETS: 'a=http://h:1, b=http://h:2' }).EXAMPLE_TARGETS).toEqual([
      { name: 'a', url: 'http://h:1' },
      { name: 'b', url: 'http://h:2' },
    ])
    expect(faultsOf({ EXAMPLE_TARGETS: 'http://h:1' })).toHaveLength(1)
  })

  test('a file gives values, the environment overrules it, and a file that cannot be read is a fault', () => {
    const file = join(scratchDir(), 'config.yaml')
    writeFileSync(file, 'EXAMPLE_MS: 70\nHETEROSCALE_LOG_LEVEL: warn\n')
    expect(loadConfig(shape, { HETEROSCALE_CONFIG: file })).toMatchObject({ EXAMPLE_MS: 70, HETEROSCALE_LOG_LEVEL: 'warn' })
    expect(loadConfig(shape, { HETEROSCALE_CONFIG: file, EXAMPLE_MS: '80' })).toMatchObject({ EXAMPLE_MS: 80 })
    expect(faultsOf({ HETEROSCALE_CONFIG: `${file}.absent` })[0]).toContain('HETEROSCALE_CONFIG')
  })
})
