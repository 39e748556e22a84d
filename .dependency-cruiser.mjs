/**
 * Who may import whom. Each comment tells the offender what to do instead.
 * `core` decides, `adapters` talk, `workflows` coordinate, `services` run, the `simulator` proves.
 */

const sdkHomes = [
  ['kafkajs', '^adapters/kafka/'],
  ['avsc', '^adapters/kafka/'],
  ['prom-client', '^adapters/prometheus/'],
  ['@temporalio/client', '^adapters/temporal/'],
  ['@temporalio/worker', '^adapters/temporal/'],
  ['pino', '^adapters/logging/'],
  ['fastify', '^services/'],
  ['commander', '^cli/'],
]

const forbidden = [
  {
    name: 'no-circular',
    comment: 'Two files that need each other are one thing, or lack a third that both need. Move the shared part there.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'core-is-pure',
    comment: 'core/ decides with data only. Take what you need as an argument, or declare a port in core/ports.ts and implement it in adapters/.',
    from: { path: '^core/' },
    to: { pathNot: '^core/' },
  },
  {
    name: 'workflows-are-deterministic',
    comment: 'Workflow code replays. It may import core/, its siblings and @temporalio/workflow; everything else belongs in workflows/activities/.',
    from: { path: '^workflows/[^/]+\\.ts$' },
    to: { pathNot: ['^core/', '^workflows/', '(^|/)node_modules/@temporalio/(workflow|common)/'] },
  },
  {
    name: 'workflows-see-activities-as-types',
    comment: 'An activity runs in Node, a workflow in the sandbox. Use `import type` and reach it through proxyActivities.',
    from: { path: '^workflows/[^/]+\\.ts$' },
    to: { path: '^workflows/activities/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'activities-know-only-core',
    comment: 'Activities take ports as arguments (createActivities(ports)). Import the type of the port from core/ports.ts instead.',
    from: { path: '^workflows/activities/' },
    to: { pathNot: ['^core/', '^workflows/', '(^|/)node_modules/@temporalio/(activity|common)/'] },
  },
  {
    name: 'adapters-know-only-core',
    comment: 'An adapter wraps one SDK behind a port of core. What a service does with it belongs in services/.',
    from: { path: '^adapters/' },
    to: { path: '^(services|simulator|cli|test|bench|infra)/' },
  },
  {
    name: 'adapters-do-not-conduct',
    comment: 'Only adapters/temporal may name workflows, to start and to serve them.',
    from: { path: '^adapters/', pathNot: '^adapters/temporal/' },
    to: { path: '^workflows/' },
  },
  {
    name: 'adapters-are-strangers',
    comment: 'Two adapters meet only in a service that is given both. Move the shared part to core/.',
    from: { path: '^adapters/([^/]+)/' },
    to: { path: '^adapters/([^/]+)/', pathNot: '^adapters/$1/' },
  },
  {
    name: 'services-are-strangers',
    comment: 'Services talk over the log, over Temporal or over HTTP, never by import. Move pure logic to core/, wiring to services/*.ts.',
    from: { path: '^services/([^/]+)/' },
    to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
  },
  {
    name: 'frame-knows-no-service',
    comment: 'services/*.ts is the frame of every process. A re-export through it would join two services: move pure logic to core/.',
    from: { path: '^services/[^/]+\\.ts$' },
    to: { path: '^services/[^/]+/' },
  },
  {
    name: 'services-are-not-started-by-code',
    comment: 'cli/ and infra/ start services, never the other way round. Read what you need from configuration.',
    from: { path: '^services/' },
    to: { path: '^(cli|infra)/' },
  },
  {
    name: 'producer-travels-light',
    comment: 'producer/ runs inside other people\'s gateways: core, the Kafka adapter, and nothing else of ours.',
    from: { path: '^producer/' },
    to: { pathNot: ['^producer/', '^core/', '^adapters/kafka/'] },
  },
  {
    name: 'producer-is-for-others',
    comment: 'producer/ is what others import as heteroscale/producer. Our own processes append through the EventLog port.',
    from: { path: '^(core|adapters|workflows|services|cli|simulator|infra)/' },
    to: { path: '^producer/' },
  },
  {
    name: 'simulator-has-no-real-io',
    comment: 'The simulator may import core/ and adapters/memory/ only, so that one seed is one history.',
    from: { path: '^simulator/', pathNot: '^simulator/control-plane/' },
    to: { pathNot: ['^simulator/(?!control-plane/)', '^core/', '^adapters/memory/'] },
  },
  {
    name: 'simulation-drives-production',
    comment:
      'simulator/control-plane/ runs what production runs, with everything outside of it simulated: core/, workflows/, and modules of services/ that take ports. A module with a real clock or client needs a port first (docs/decisions/0008).',
    from: { path: '^simulator/control-plane/' },
    to: {
      pathNot: [
        '^simulator/control-plane/',
        '^simulator/prng\\.ts$',
        '^core/',
        '^workflows/',
        '^services/controls\\.ts$',
        '^services/(decider|orchestrator|registrar)/(?!main\\.ts$|config\\.ts$|settings\\.ts$|workers\\.ts$|cell-workers\\.ts$|open-rollouts\\.ts$)',
        '^services/collector/(inventory-memory|observations)\\.ts$',
        '^adapters/prometheus/registry\\.ts$',
        '(^|/)node_modules/@temporalio/common/',
      ],
    },
  },
  {
    name: 'simulation-sees-metrics-as-types',
    comment: 'Nobody scrapes a simulated process: processes/silent-metrics.ts stands for the registry of metrics.',
    from: { path: '^simulator/control-plane/' },
    to: { path: '^adapters/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'engines-serve-two',
    comment: 'Only services/emulator and cli/ may use the simulator, and infra/simulation/ its control plane.',
    from: { path: '^(core|adapters|workflows|services/(?!emulator/))' },
    to: { path: '^simulator/' },
  },
  {
    name: 'nothing-imports-tests',
    comment: 'Production code never imports test/ or bench/.',
    from: { pathNot: '^(test|bench)/' },
    to: { path: '^(test|bench)/' },
  },
  {
    name: 'checker-is-a-stranger',
    comment: 'test/checker/ judges the product from outside: its bytes by schemas/, avsc, node builtins, and nothing of ours, or a fault in our own idea of a rule hides there too. Write the formula anew from the reference; what needs the product (a replay, a recording) is handed to check() by the caller.',
    from: { path: '^test/checker/', pathNot: '\\.test\\.ts$' },
    to: { pathNot: ['^test/checker/', '(^|/)node_modules/avsc/'], dependencyTypesNot: ['core'] },
  },
  {
    name: 'production-uses-production-deps',
    comment: 'This package is a devDependency and will be absent in production. Move it to dependencies with a decision record, or do without.',
    from: { path: '^(core|adapters|workflows|services|producer|cli|simulator)/' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  ...sdkHomes.map(([sdk, home]) => ({
    name: `only-home-of-${sdk.replace('/', '-')}`,
    comment: `${sdk} has one home: ${home.slice(1)}. Use the port that it implements.`,
    from: { path: '^(core|adapters|workflows|services|producer|cli|simulator)/', pathNot: home },
    to: { path: `(^|/)node_modules/${sdk}/` },
  })),
]

export default {
  forbidden: forbidden.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
