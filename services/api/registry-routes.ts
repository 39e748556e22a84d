/**
 * A subset of the Confluent Schema Registry API over the file registry, under `/schema-registry`: enough for the Avro
 * serializers and deserializers of Java, Python and Go with their defaults. Reading answers from files; registering a known
 * schema answers its id, which is all that serializers want; an unknown one is refused.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { loadRegistry } from '../../adapters/kafka/registry.ts'
import type { Logger } from '../../core/ports.ts'
import { createRegistryCatalog, type RegisteredVersion, type RegistryCatalog } from './registry-catalog.ts'
import { answerRegistry, answerRegistryError, invalidSchema, refusedSchema, RegistryError, schemaNotFound, shown, subjectNotFound, versionNotFound } from './registry-error.ts'
import { SchemaFormError } from './registry-form.ts'

export type SchemaRegistryOptions = { readonly topicPrefix: string; readonly log: Logger }

/** Ours take 6 KB; a client's spelling of them not much more. */
const mostBodyBytes = 262_144

/** Adds everything under /schema-registry. */
export const addSchemaRegistry = async (http: FastifyInstance, { topicPrefix, log }: SchemaRegistryOptions): Promise<void> => {
  const catalog = createRegistryCatalog(loadRegistry(), topicPrefix)
  await http.register(
    async (scope) => {
      scope.setErrorHandler((error, _request, reply) => {
        if (!(error instanceof RegistryError)) log.warn({ err: error }, 'E_REGISTRY a request to the schema registry failed')
        return answerRegistryError(error, reply)
      })
      scope.setNotFoundHandler((request, reply) => answerRegistryError(new RegistryError(404, `${request.method} ${shown(request.url)} is not supported here`), reply))
      // Clients send several content types; a body is JSON or refused, whatever they call it.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: mostBodyBytes }, (_request, body, done) => done(null, body))
      addSchemaRoutes(scope, catalog)
      addSubjectRoutes(scope, catalog)
      addLookupRoutes(scope, catalog)
      addConstants(scope)
    },
    { prefix: '/schema-registry' },
  )
}

const answer = (reply: FastifyReply, body: unknown): FastifyReply => answerRegistry(reply, JSON.stringify(body))

const addConstants = (scope: FastifyInstance): void => {
  scope.get('/', (_request, reply) => answer(reply, {}))
  scope.get('/schemas/types', (_request, reply) => answer(reply, ['AVRO']))
  scope.get('/config', (_request, reply) => answer(reply, { compatibilityLevel: 'FULL_TRANSITIVE' }))
  scope.get('/config/:subject', (_request, reply) => answer(reply, { compatibilityLevel: 'FULL_TRANSITIVE' }))
  scope.get('/mode', (_request, reply) => answer(reply, { mode: 'READONLY' }))
}

type ById = { Params: { id: string } }

const addSchemaRoutes = (scope: FastifyInstance, catalog: RegistryCatalog): void => {
  const known = (id: string): readonly [RegisteredVersion, ...RegisteredVersion[]] => {
    const [first, ...rest] = /^\d{1,9}$/.test(id) ? catalog.byId(Number(id)) : []
    if (first === undefined) throw schemaNotFound(`id ${shown(id)}`)
    return [first, ...rest]
  }
  scope.get<ById>('/schemas/ids/:id', ({ params }, reply) => answer(reply, { schema: known(params.id)[0].schema }))
  scope.get<ById>('/schemas/ids/:id/schema', ({ params }, reply) => answerRegistry(reply, known(params.id)[0].schema))
  scope.get<ById>('/schemas/ids/:id/subjects', ({ params }, reply) => answer(reply, known(params.id).map(({ subject }) => subject)))
  scope.get<ById>('/schemas/ids/:id/versions', ({ params }, reply) => answer(reply, known(params.id).map(({ subject, version }) => ({ subject, version }))))
}

type BySubject = { Params: { subject: string } }
type ByVersion = { Params: { subject: string; version: string } }

const addSubjectRoutes = (scope: FastifyInstance, catalog: RegistryCatalog): void => {
  const versionsOf = (subject: string): readonly RegisteredVersion[] => {
    const versions = catalog.versions(subject)
    if (versions.length === 0) throw subjectNotFound(subject)
    return versions
  }
  const versionOf = ({ subject, version }: ByVersion['Params']): RegisteredVersion => {
    const versions = versionsOf(subject)
    const found = version === 'latest' ? versions.at(-1) : versions.find((one) => String(one.version) === version)
    if (found === undefined) throw versionNotFound(subject, version)
    return found
  }
  scope.get<{ Querystring: { subjectPrefix?: string } }>('/subjects', ({ query }, reply) =>
    answer(reply, catalog.subjects().filter((subject) => subject.startsWith(String(query.subjectPrefix ?? '')))),
  )
  scope.get<BySubject>('/subjects/:subject/versions', ({ params }, reply) => answer(reply, versionsOf(params.subject).map(({ version }) => version)))
  scope.get<ByVersion>('/subjects/:subject/versions/:version', ({ params }, reply) => answer(reply, versionOf(params)))
  scope.get<ByVersion>('/subjects/:subject/versions/:version/schema', ({ params }, reply) => answerRegistry(reply, versionOf(params).schema))
}

/** The two posts of a serializer: register (`auto.register.schemas`), and look up. */
const addLookupRoutes = (scope: FastifyInstance, catalog: RegistryCatalog): void => {
  type Posted = BySubject & { Body: string | undefined }
  scope.post<Posted>('/subjects/:subject/versions', ({ params, body }, reply) => {
    const found = findPosted(catalog, params.subject, body)
    if (found === null) throw refusedSchema(params.subject)
    return answer(reply, { id: found.id, version: found.version, schema: found.schema })
  })
  scope.post<Posted>('/subjects/:subject', ({ params, body }, reply) => {
    if (catalog.versions(params.subject).length === 0) throw subjectNotFound(params.subject)
    const found = findPosted(catalog, params.subject, body)
    if (found === null) throw schemaNotFound(`${shown(params.subject)} has none that writes the same bytes`)
    return answer(reply, found)
  })
}

const findPosted = (catalog: RegistryCatalog, subject: string, body: string | undefined): RegisteredVersion | null => {
  const { schema, schemaType = 'AVRO', references = [] } = parsed(body, 'the body')
  if (schemaType !== 'AVRO') throw invalidSchema(`type ${shown(String(schemaType))}, and only AVRO is supported`)
  if (typeof schema !== 'string') throw invalidSchema('no text in "schema"')
  if (!Array.isArray(references) || references.length > 0) throw invalidSchema('references, and every schema here stands alone')
  try {
    return catalog.find(subject, parsed(schema, 'the schema'))
  } catch (error) {
    throw error instanceof SchemaFormError ? invalidSchema(error.message) : error
  }
}

const parsed = (text: string | undefined, what: string): { readonly [key: string]: unknown } => {
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (typeof value === 'object' && value !== null) return value as { readonly [key: string]: unknown }
  } catch {
    // Said below: what is wrong with it does not matter to a client that sends JSON by a library.
  }
  throw invalidSchema(`${what} is no JSON object`)
}
