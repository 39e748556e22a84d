/** The schema registry as its clients see it: by id, by subject, by schema; nothing new ever enters it. */
import { fastify, type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRegistry } from '../../../adapters/kafka/registry.ts'
import { topicNames, topics } from '../../../core/topics.ts'
import { addSchemaRegistry } from '../../../services/api/registry-routes.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log }
const mime = 'application/vnd.schemaregistry.v1+json'
const tpsSubject = 'fleet-7.metrics.v1-io.heteroscale.TpsObserved'
const tps = loadRegistry().find(({ record }) => record === 'io.heteroscale.TpsObserved')?.json as { fields: { name: string; type: unknown }[] }

let http: FastifyInstance
beforeAll(async () => {
  http = fastify()
  await addSchemaRegistry(http, { topicPrefix: 'fleet-7', log })
})
afterAll(() => http.close())

const get = async (path: string) => {
  const response = await http.inject({ method: 'GET', url: `/schema-registry${path}` })
  return { status: response.statusCode, type: response.headers['content-type'], body: response.json<unknown>() }
}
const post = async (path: string, payload: unknown, contentType = mime) => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const response = await http.inject({ method: 'POST', url: `/schema-registry${path}`, payload: text, headers: { 'content-type': contentType } })
  return { status: response.statusCode, type: response.headers['content-type'], body: response.json<{ error_code?: number; message?: string; id?: number }>() }
}
const register = (schema: unknown, subject = tpsSubject) => post(`/subjects/${subject}/versions?normalize=False`, { schema: JSON.stringify(schema) })

describe('reading', () => {
  test('every id has its schema, in the content type of a registry', async () => {
    for (const { id, json } of loadRegistry()) {
      const { status, type, body } = await get(`/schemas/ids/${id}?subject=whatever&fetchMaxId=false`)
      expect([status, type]).toEqual([200, mime])
      expect(JSON.parse((body as { schema: string }).schema)).toEqual(json)
    }
  })

  test('every record of every topic has a subject with the prefix of the fleet', async () => {
    const { body } = await get('/subjects')
    const expected = topicNames.flatMap((topic) => topics[topic].carries.map((type) => `fleet-7.${topic}.v1-io.heteroscale.${type}`))
    expect(body).toEqual([...expected].sort())
    expect((await get('/subjects?subjectPrefix=fleet-7.metrics')).body).toHaveLength(4)
  })

  test('a subject has versions, and a latest one', async () => {
    expect((await get(`/subjects/${tpsSubject}/versions`)).body).toEqual([1])
    const latest = await get(`/subjects/${tpsSubject}/versions/latest`)
    expect(latest.body).toMatchObject({ subject: tpsSubject, id: 1, version: 1 })
    expect((await get(`/subjects/${tpsSubject}/versions/1`)).body).toEqual(latest.body)
    expect((await get(`/subjects/${tpsSubject}/versions/1/schema`)).body).toEqual(tps)
    expect((await get('/schemas/ids/1/subjects')).body).toEqual([tpsSubject, 'fleet-7.signals.v1-io.heteroscale.TpsObserved'])
  })

  test.each([
    ['/schemas/types', ['AVRO']],
    ['/config', { compatibilityLevel: 'FULL_TRANSITIVE' }],
    [`/config/${tpsSubject}`, { compatibilityLevel: 'FULL_TRANSITIVE' }],
    ['/mode', { mode: 'READONLY' }],
  ])('%s says what holds for all', async (path, body) => {
    expect(await get(path)).toMatchObject({ status: 200, type: mime, body })
  })

  test.each([
    ['/schemas/ids/9999', 404, 40403],
    ['/schemas/ids/constructor', 404, 40403],
    ['/subjects/heteroscale.metrics.v1-io.heteroscale.TpsObserved/versions', 404, 40401],
    [`/subjects/${tpsSubject}/versions/2`, 404, 40402],
    ['/exporters', 404, 404],
  ])('%s is not there', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, type: mime, body: { error_code: code } })
  })
})

describe('registering', () => {
  test('a known schema gives its id, however a client spells it', async () => {
    const withoutDocs = { name: 'io.heteroscale.TpsObserved', type: 'record', fields: tps.fields.map(({ name, type }) => ({ type, name })) }
    const wordy = { ...tps, doc: 'ours', aliases: ['Tps'], fields: tps.fields.map((field) => ({ ...field, type: typeof field.type === 'string' ? { type: field.type } : field.type })) }
    for (const schema of [tps, withoutDocs, wordy]) expect(await register(schema)).toMatchObject({ status: 200, type: mime, body: { id: 1 } })
    expect((await post(`/subjects/${tpsSubject}/versions`, { schema: JSON.stringify(tps), schemaType: 'AVRO', references: [] }, 'application/json')).status).toBe(200)
  })

  test('every schema of ours is known under each of its subjects', async () => {
    for (const { id, json, subjects } of loadRegistry()) {
      for (const subject of subjects) expect((await register(json, subject.replace('heteroscale.', 'fleet-7.'))).body.id).toBe(id)
    }
  })

  const [first, second, ...rest] = tps.fields
  test.each<[string, unknown]>([
    ['another name', { ...tps, name: 'TpsSeen' }],
    ['another namespace', { ...tps, namespace: 'com.example' }],
    ['another order of fields', { ...tps, fields: [second, first, ...rest] }],
    ['a field more', { ...tps, fields: [...tps.fields, { name: 'extra', type: 'string', default: '' }] }],
    ['another type', { ...tps, fields: tps.fields.map((field) => (field.name === 'tps' ? { ...field, type: ['null', 'float'] } : field)) }],
    ['no union', { ...tps, fields: tps.fields.map((field) => (field.name === 'tps' ? { ...field, type: 'double' } : field)) }],
    ['a primitive', { type: 'string' }],
  ])('%s is another schema: refused with 409, and nothing is registered', async (_what, schema) => {
    const { status, body } = await register(schema)
    expect([status, body.error_code]).toEqual([409, 409])
    expect((await get('/subjects')).body).toHaveLength(new Set(loadRegistry().flatMap(({ subjects }) => subjects)).size)
    expect((await get(`/subjects/${tpsSubject}/versions`)).body).toEqual([1])
  })

  test('a known schema under a subject that does not carry it is refused', async () => {
    for (const subject of ['fleet-7.metrics.v1-value', 'fleet-7.decisions.v1-io.heteroscale.TpsObserved', 'heteroscale.metrics.v1-io.heteroscale.TpsObserved']) {
      expect(await register(tps, subject)).toMatchObject({ status: 409, body: { message: expect.stringContaining('subject.name.strategy') as string } })
    }
  })

  test.each<[string, unknown]>([
    ['no JSON', 'hello'],
    ['no schema', {}],
    ['a schema that is no JSON', { schema: 'hello' }],
    ['a record without a name', { schema: '{"type":"record","fields":[]}' }],
    ['a record without fields', { schema: '{"type":"record","name":"a"}' }],
    ['a type that is a number', { schema: '{"type":7}' }],
    ['a schema deeper than any stack', { schema: `${'['.repeat(20_000)}"string"${']'.repeat(20_000)}` }],
    ['another schema language', { schema: '{}', schemaType: 'PROTOBUF' }],
    ['references', { schema: JSON.stringify(tps), references: [{ name: 'x', subject: 'y', version: 1 }] }],
  ])('%s is refused with 422', async (_what, body) => {
    expect(await post(`/subjects/${tpsSubject}/versions`, body)).toMatchObject({ status: 422, type: mime, body: { error_code: 42201 } })
  })

  test('a body of more than 256 KB is refused', async () => {
    expect(await post(`/subjects/${tpsSubject}/versions`, { schema: 'x'.repeat(300_000) })).toMatchObject({ status: 413, body: { error_code: 413 } })
  })

  test('looking up gives subject, version, id and schema, or says that there is none', async () => {
    expect((await post(`/subjects/${tpsSubject}?normalize=False&deleted=False`, { schema: JSON.stringify(tps) })).body).toMatchObject({ subject: tpsSubject, version: 1, id: 1 })
    expect((await post(`/subjects/${tpsSubject}`, { schema: '{"type":"record","name":"a","fields":[]}' })).body).toMatchObject({ error_code: 40403 })
    expect((await post('/subjects/unknown', { schema: JSON.stringify(tps) })).body).toMatchObject({ error_code: 40401 })
  })

  test('nothing can be deleted or configured', async () => {
    for (const method of ['DELETE', 'PUT'] as const) {
      const response = await http.inject({ method, url: `/schema-registry/subjects/${tpsSubject}/versions/1` })
      expect([response.statusCode, response.json<{ error_code: number }>().error_code]).toEqual([404, 404])
    }
  })
})
