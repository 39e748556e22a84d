/** `heteroscale demo`: real servers, an emulated cluster, a day of traffic, and the proof afterwards. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { bringUp, type Running } from './bring-up.ts'
import { perform } from './demo/perform.ts'
import { createScreen, type Screen } from './demo/screen.ts'
import { demoFaults, stageOf, type DemoFlags, type Stage } from './demo/stage.ts'
import { positiveNumber, text, wholeNumber } from './flags.ts'
import { interruptible } from './interruptible.ts'
import { hasColours, type Terminal } from './terminal.ts'

const help = `
Starts a real Kafka, a real Temporal, an emulated GPU cluster and the whole autoscaler, plays 40 minutes of traffic in two, injects
a fault, and replays every decision in a fresh process. Everything stops at the end. Exit code 0 when all that is
claimed was shown.

Examples:
  $ heteroscale demo                                     synthetic traffic
  $ heteroscale demo --fault decode-never-ready          scale-outs fail half-way and are undone
  $ heteroscale demo --fault prefill-stall               decode looks idle, and nothing shrinks
  $ heteroscale demo --trace azure.csv --speed 20        production traffic
  $ heteroscale demo --report report.json                the facts as JSON`

export const demoCommand = (terminal: Terminal): Command =>
  new Command('demo')
    .description('show the whole loop on real servers: traffic in, scale-outs out, every decision replayed')
    .option('--speed <factor>', 'world time per wall time, at most 20 (default: 20)', positiveNumber(20))
    .option('--minutes <n>', 'world minutes of traffic (default: 40; with --fault 24; with --trace 58)', wholeNumber(1, 1440))
    .option('--trace <file>', 'play a request trace: Azure CSV or Mooncake JSON lines', text)
    .option('--load-factor <factor>', 'multiply the traffic (default: 1; with --trace 8)', positiveNumber(1000))
    .option('--fault <kind>', `one of ${demoFaults.join(', ')} (default: one rollout whose decoders never become ready)`, text)
    .option('--seed <n>', 'seed of traffic and start-up times (default: 1)', wholeNumber(0, 999_999_999))
    .option('--report <file>', 'also write the facts as JSON', text)
    .addHelpText('after', help)
    .action(async (flags: DemoFlags) => {
      process.exitCode = await demo(flags, terminal)
    })

/** From the very start of the command, when `npm run demo` was what started it. */
const commandStartedAt = Number(process.env['HETEROSCALE_STARTED_AT'] ?? Date.now())

const demo = async (flags: DemoFlags, terminal: Terminal): Promise<number> => {
  const stage = stageOf({ ...flags, ...(flags.trace === undefined ? {} : { trace: resolve(flags.trace) }) })
  const screen = createScreen((words) => terminal.print(words.replace(/\n$/, '')), hasColours(terminal))
  screen.say(`HeteroScale demo: ${stage.title}, ${stage.minutes} world minutes at speed ${stage.speed}`)
  const start = () => bringUp({ speed: stage.speed, envOf: environmentOf(stage), onProgress: screen.say })
  const running = await interruptible(start, screen.say)
  const stopOnSignal = stopWhenInterrupted(running, screen)
  try {
    const report = await perform({ stage, running, screen, terminal, commandStartedAt })
    if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, null, 2)}\n`)
    return report.asExpected ? 0 : 1
  } finally {
    stopOnSignal()
    await running.stop()
  }
}

const environmentOf = ({ trace, loadFactor, dayMinutes, seed }: Stage): Record<string, Record<string, string>> => ({
  emulator: {
    HETEROSCALE_EMULATOR_AUTOSTART: 'false',
    HETEROSCALE_EMULATOR_SEED: String(seed),
    HETEROSCALE_EMULATOR_LOAD_FACTOR: String(loadFactor),
    HETEROSCALE_EMULATOR_DAY_MINUTES: String(dayMinutes),
    ...(trace === null ? {} : { HETEROSCALE_EMULATOR_TRACE: trace }),
  },
})

/** Ctrl-C ends the demo at once, servers included. */
const stopWhenInterrupted = (running: Running, screen: Screen): (() => void) => {
  const stop = (): void => {
    screen.say('\nstopping')
    void running.stop().finally(() => process.exit(130))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return () => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
