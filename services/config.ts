/**
 * Configuration of every process: defaults → parse → validate, in one place, once, at start. Values come from a YAML
 * file (HETEROSCALE_CONFIG) and from the environment, which wins. All faults are reported together, each with its
 * key, the value that was got and the range that is allowed.
 */
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { logLevels } from '../adapters/logging/logger.ts'

export type Environment = { readonly [key: string]: string | undefined }
export type ConfigShape = z.ZodRawShape

/** A whole number within a range, written in decimal digits. */
export const wholeNumber = (least: number, most: number): z.ZodType<number> =>
  z
    .union([z.string(), z.number()])
    .transform((value) => (typeof value === 'string' && !/^-?\d+$/.test(value) ? Number.NaN : Number(value)))
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, `a whole number ${least}..${most}`)

/** A positive decimal number up to `most`. */
export const positiveNumber = (most: number): z.ZodType<number> =>
  z
    .union([z.string(), z.number()])
    .transform((value) => (typeof value === 'string' && !/^\d+(\.\d+)?$/.test(value) ? Number.NaN : Number(value)))
    .refine((value) => value > 0 && value <= most, `a number above 0, at most ${most}`)

/** Items separated by commas; blanks around them are dropped, empty items refused. */
export const commaList = z
  .union([z.string().transform((text) => text.split(',').map((item) => item.trim())), z.array(z.string())])
  .refine((items) => items.length > 0 && items.every((item) => item !== ''), 'a comma-separated list without empty items')

export const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true')

/** `name=http://host:port,…`: the sub-clusters that a process talks to. */
export const subClusterList = commaList
  .transform((items) =>
    items.map((item) => {
      const [name = '', ...url] = item.split('=')
      return { name, url: url.join('=') }
    }),
  )
  .refine((all) => all.every(({ name, url }) => name !== '' && URL.canParse(url)), 'name=http://host:port, separated by commas')

/** Keys that every process understands. */
export const commonShape = {
  KAFKA_BROKERS: commaList.default(['127.0.0.1:9092']),
  KAFKA_SSL: flag.default(false),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  HETEROSCALE_TOPIC_PREFIX: z.string().regex(/^[a-z][a-z0-9.-]{0,60}$/, 'lower-case letters, digits, dots, dashes').default('heteroscale'),
  /** Creates missing topics at start, as a single command line or a compose file wants it; operators create their own. */
  HETEROSCALE_CREATE_TOPICS: flag.default(false),
  HETEROSCALE_TOPIC_PARTITIONS: wholeNumber(1, 1000).default(4),
  HETEROSCALE_TOPIC_REPLICATION: wholeNumber(1, 9).default(1),
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  /** One per fleet: ids and task queues of workflows carry no prefix, so two fleets in one namespace would take each other's. */
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_TLS: flag.default(false),
  TEMPORAL_TLS_CA: z.string().optional(),
  TEMPORAL_TLS_CERT: z.string().optional(),
  TEMPORAL_TLS_KEY: z.string().optional(),
  HETEROSCALE_HTTP_HOST: z.string().default('127.0.0.1'),
  HETEROSCALE_HTTP_PORT: wholeNumber(0, 65535).default(9464),
  HETEROSCALE_LOG_LEVEL: z.enum(logLevels).default('info'),
  HETEROSCALE_SPEED: positiveNumber(1000).optional(),
  HETEROSCALE_WORLD_EPOCH_MS: wholeNumber(0, 1e14).default(0),
  HETEROSCALE_WALL_EPOCH_MS: wholeNumber(0, 1e14).default(0),
} satisfies ConfigShape

export type CommonConfig = z.output<z.ZodObject<typeof commonShape>>

/** Thrown by `loadConfig`; `faults` lists every fault as one line. Processes exit with code 3. */
export class ConfigError extends Error {
  readonly code = 'E_CONFIG'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`E_CONFIG ${faults.length} fault(s); nothing was started:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/**
 * Reads the common keys and those of `shape`. The file may also hold keys of other services, so that one file can
 * serve a fleet: a key that this one does not know is left alone.
 */
export const loadConfig = <S extends ConfigShape>(
  shape: S,
  env: Environment,
): CommonConfig & z.output<z.ZodObject<S>> => {
  const schema = z.object({ ...commonShape, ...shape })
  const values = { ...readConfigFile(env['HETEROSCALE_CONFIG']), ...withoutBlanks(env) }
  const parsed = schema.safeParse(values)
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => describe(issue, values)))
  return parsed.data as CommonConfig & z.output<z.ZodObject<S>>
}

/** Whether the environment or the configuration file says something of `key`, right or wrong. */
export const isGiven = (key: string, env: Environment): boolean =>
  key in withoutBlanks(env) || key in readConfigFile(env['HETEROSCALE_CONFIG'])

/** A blank variable is a forgotten one, not an empty setting. */
const withoutBlanks = (env: Environment): Record<string, unknown> =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))

const readConfigFile = (path: string | undefined): Record<string, unknown> => {
  if (path === undefined || path === '') return {}
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8'))
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Record<string, unknown>
    throw new Error('not a map of keys to values')
  } catch (error) {
    throw new ConfigError([`HETEROSCALE_CONFIG: got ${path} (${(error as Error).message}); allowed: a readable YAML map`])
  }
}

const secrets = /PASSWORD|SECRET|TLS_KEY/

const describe = (issue: z.core.$ZodIssue, values: Record<string, unknown>): string => {
  const key = String(issue.path[0] ?? '(root)')
  const got = values[key] === undefined ? 'nothing' : secrets.test(key) ? '(hidden)' : JSON.stringify(values[key])
  return `${key}: got ${got}; allowed: ${issue.message}`
}
