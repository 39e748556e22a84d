/** Refusals of the schema registry, in the shape that its clients know: `{ error_code, message }`. */
import type { FastifyError, FastifyReply } from 'fastify'

/** `errorCode` is a code of the Confluent Schema Registry, whose first three digits are the HTTP status. */
export class RegistryError extends Error {
  readonly errorCode: number

  constructor(errorCode: number, message: string) {
    super(message)
    this.errorCode = errorCode
  }
}

const registryMime = 'application/vnd.schemaregistry.v1+json'

/** Texts of strangers are cut before they come back in a message. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, 120))

export const subjectNotFound = (subject: string): RegistryError =>
  new RegistryError(40401, `Subject ${shown(subject)} not found; subjects are <topic>-<record>, as GET /subjects lists them`)

export const versionNotFound = (subject: string, version: string): RegistryError =>
  new RegistryError(40402, `Version ${shown(version)} of ${subject} not found; allowed: latest, or a number that GET /subjects/${subject}/versions lists`)

export const schemaNotFound = (what: string): RegistryError => new RegistryError(40403, `Schema not found: ${what}; schemas are files of this release and each has its id for ever`)

export const invalidSchema = (got: string): RegistryError => new RegistryError(42201, `Invalid schema: ${got.slice(0, 300)}; allowed: {"schema": "<Avro as JSON text>"}; nothing was registered`)

/** No schema is ever added over HTTP: what a producer may write is a decision of a release. */
export const refusedSchema = (subject: string): RegistryError =>
  new RegistryError(409, `the schema is none that ${shown(subject)} has; allowed: those that GET /subjects/<topic>-<record>/versions lists (subject.name.strategy: topic and record name); nothing was registered`)

/** Answers any error; what is neither ours nor the client's fault stays without details. */
export const answerRegistryError = (error: unknown, reply: FastifyReply): FastifyReply => {
  const { errorCode, message } = error instanceof RegistryError ? error : foreign(error)
  return answerRegistry(reply.code(Number(String(errorCode).slice(0, 3))), JSON.stringify({ error_code: errorCode, message }))
}

/** Bytes, because the server would add a charset to the type of a text. */
export const answerRegistry = (reply: FastifyReply, json: string): FastifyReply => reply.header('content-type', registryMime).send(Buffer.from(json))

const foreign = (error: unknown): { readonly errorCode: number; readonly message: string } => {
  const { statusCode = 500, message = '' } = error as Partial<FastifyError>
  if (statusCode >= 500) return { errorCode: 50001, message: 'the registry failed; the log of the API says why' }
  return { errorCode: statusCode, message }
}
