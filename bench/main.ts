/** `npm run bench -- <bench>`: measures one thing and writes bench/results/<bench>.json. */
import { Command } from 'commander'
import { positiveNumber, text, wholeNumber } from '../cli/flags.ts'
import { benchCollector, type CollectorSizes } from './collector.ts'
import type { BenchContext } from './context.ts'
import { benchDecider } from './decider.ts'
import { benchLatency } from './latency.ts'
import { benchPaired } from './paired/paired.ts'
import { benchReplay } from './replay.ts'
import { surroundings, writeResult, type Measured } from './result.ts'
import { benchScale, fullSizes, quickSizes } from './scale.ts'
import { renewTable } from './table.ts'

type CommonFlags = { readonly rounds?: number; readonly quick?: boolean; readonly out?: string; readonly provisional?: boolean }

const program = new Command('bench')
  .description('measure what the decider, the collector, the chain, replay and large fleets cost')
  .addHelpText(
    'after',
    `
Run \`npm run build\` first: the programs under measurement are the compiled ones. Servers are started, or found at
KAFKA_BROKERS and TEMPORAL_ADDRESS. Each bench prints its progress to standard error and its result as JSON.

Examples:
  $ npm run bench -- decider                  five alternating rounds on 1,000 services
  $ npm run bench -- scale --quick            shows that it works; writes nothing
  $ npm run bench -- latency --provisional    marks the result as measured on a busy machine
  $ npm run bench -- paired --against v1      this checkout and an earlier commit, round about
  $ npm run bench -- table                    renews the table in bench/README.md`,
  )

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`)

/** Adds a bench whose sizes come from its flags. */
const bench = <Flags extends object>(name: string, description: string, measure: (context: BenchContext, flags: Flags & CommonFlags) => Promise<Measured>): Command =>
  program
    .command(name)
    .description(description)
    .option('--rounds <n>', 'how often everything is measured (default: 5)', wholeNumber(1, 1000))
    .option('--quick', 'tiny sizes and one round: shows that the bench works, writes nothing')
    .option('--out <folder>', 'write the result there instead of bench/results', text)
    .option('--provisional', 'mark the result: the machine was not quiet')
    .action(async (flags: Flags & CommonFlags) => {
      const around = surroundings()
      const quick = flags.quick === true
      const measured = await measure({ rounds: quick ? 1 : (flags.rounds ?? 5), quick, onProgress: say }, flags)
      const result = { bench: name, provisional: flags.provisional === true, ...around, ...measured }
      if (!quick || flags.out !== undefined) say(`wrote ${writeResult(result, flags.out)}`)
      process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    })

type TopicFlags = { readonly services?: number; readonly minutes?: number; readonly dayMinutes?: number; readonly profile?: string }

/** World time that a filled topic holds. A decider that starts compiles its code for seconds: in the longer topic they count less. */
const deciderMinutes = 20
const otherMinutes = 10

/** Sizes of a topic that is filled beforehand. */
const topicOf = ({ quick }: BenchContext, { services, minutes, dayMinutes, profile }: TopicFlags, defaultMinutes = otherMinutes) => ({
  services: quick ? 20 : (services ?? 1000),
  minutes: quick ? 3 : (minutes ?? defaultMinutes),
  dayMinutes: dayMinutes ?? 120,
  nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
})

const collectorSizes = ({ quick }: BenchContext): CollectorSizes =>
  quick ? { services: 2, instancesPerService: 6, intervalMs: 500, seconds: 3 } : { services: 50, instancesPerService: 12, intervalMs: 2_000, seconds: 20 }

const withTopicFlags = (command: Command): Command =>
  command
    .option('--services <n>', 'services under management (default: 1000)', wholeNumber(1, 100_000))
    .option('--minutes <n>', `world time that the topic holds (default: ${deciderMinutes} for decider, else ${otherMinutes})`, positiveNumber(600))
    .option('--day-minutes <n>', 'in how many minutes load rises and falls (default: 120)', positiveNumber(100_000))

const withProfile = (command: Command): Command => command.option('--profile <folder>', 'also write CPU profiles there', text)

withProfile(withTopicFlags(bench<TopicFlags>('decider', 'CPU of the decider against a consumer that only reads', (context, flags) => benchDecider(context, topicOf(context, flags, deciderMinutes)))))
bench('collector', 'instances scraped and records published per second and core', (context) => benchCollector(context, collectorSizes(context)))
bench('latency', 'from a sample to the target in the sub-cluster; each intent is a round', (context) =>
  benchLatency(context, context.quick ? { services: 3, jumpsPerService: 1 } : { services: 25, jumpsPerService: 8 }),
)
withProfile(withTopicFlags(bench<TopicFlags>('replay', 'CPU of the audit replay against a consumer that only reads', (context, flags) => benchReplay(context, topicOf(context, flags)))))
withTopicFlags(
  bench<TopicFlags & { readonly against: string }>('paired', 'CPU of this checkout against an earlier commit, in alternate rounds', (context, flags) =>
    benchPaired(context, {
      against: flags.against,
      fleet: context.quick ? { services: 20, warmUpSeconds: 10, measuredSeconds: 10 } : { services: 1000, warmUpSeconds: 120, measuredSeconds: 100 },
      topic: topicOf(context, flags),
      collector: collectorSizes(context),
    }),
  ).requiredOption('--against <commit>', 'the earlier commit; it is built in a folder of its own', text),
)
bench('scale', 'state and CPU per tick from 10 to 10,000 services; core alone, each fleet in every round', (context) => benchScale(context, context.quick ? quickSizes : fullSizes))

program.command('table').description('renew the table of bench/README.md from bench/results').action(() => renewTable())

await program.parseAsync()
