/** The file registry is complete, true to its files, and frozen where it was released. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordNamespace, writtenVersions } from '../../adapters/kafka/codec.ts'
import { loadRegistry, schemaFolder } from '../../adapters/kafka/registry.ts'
import { brokerTopic, topicNames, topics } from '../../core/topics.ts'

const registry = loadRegistry()
const released = JSON.parse(readFileSync(new URL('released.json', import.meta.url), 'utf8')) as { [id: string]: { file: string; sha256: string } }
const kebab = (name: string): string => name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase()

describe('the schema registry', () => {
  it('holds the hash of every file', () => {
    const actual = registry.map(({ file, text }) => ({ file, sha256: createHash('sha256').update(text).digest('hex') }))
    expect(actual).toEqual(registry.map(({ file, sha256 }) => ({ file, sha256 })))
  })

  it('keeps every released id on the same bytes: change a record by adding a version, never by editing a file', () => {
    const now = Object.fromEntries(registry.map(({ id, file, sha256 }) => [String(id), { file, sha256 }]))
    expect(now).toEqual(released)
  })

  it('gives each id once, and lists every file of the folder', () => {
    expect(new Set(registry.map(({ id }) => id)).size).toBe(registry.length)
    const files = readdirSync(schemaFolder()).filter((file) => file.endsWith('.avsc'))
    expect(registry.map(({ file }) => file).sort()).toEqual(files.sort())
  })

  it('names each file after its record and version', () => {
    for (const { record, version, file, json } of registry) {
      const { name, namespace } = json as { name: string; namespace: string }
      expect(`${namespace}.${name}`).toBe(record)
      expect(namespace).toBe(recordNamespace)
      expect(file).toBe(`${kebab(name)}.v${version}.avsc`)
    }
  })

  it('counts the versions of a record without a hole', () => {
    for (const record of new Set(registry.map((entry) => entry.record))) {
      const versions = registry.filter((entry) => entry.record === record).map(({ version }) => version)
      expect(versions).toEqual(versions.map((_, index) => index + 1))
    }
  })

  it('has the version that we write of every event, and no record that is no event', () => {
    const written = Object.entries(writtenVersions).map(([type, version]) => `${recordNamespace}.${type} v${version}`)
    const known = registry.map(({ record, version }) => `${record} v${version}`)
    expect(known).toEqual(expect.arrayContaining(written))
    expect(new Set(registry.map(({ record }) => record))).toEqual(new Set(Object.keys(writtenVersions).map((type) => `${recordNamespace}.${type}`)))
  })

  it('subscribes each record to exactly the topics that carry it', () => {
    for (const { record, subjects } of registry) {
      const type = record.slice(recordNamespace.length + 1)
      const carrying = topicNames.filter((topic) => (topics[topic].carries as readonly string[]).includes(type))
      expect(carrying.length, type).toBeGreaterThan(0)
      expect(subjects).toEqual(carrying.map((topic) => `${brokerTopic(topic)}-${record}`))
    }
  })
})
