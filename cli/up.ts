/** `heteroscale up`: servers and fleet on this machine, in the foreground. */
import { Command } from 'commander'
import { positiveNumber } from './flags.ts'
import { bringUp, type Running } from './bring-up.ts'
import { interruptible } from './interruptible.ts'
import { keepAlive } from './keep-alive.ts'
import { readUpState, removeUpState, writeUpState } from './up-state.ts'

const examples = `
Examples:
  $ heteroscale up                 real time; Ctrl-C stops everything
  $ heteroscale up --speed 20      a world that runs twenty times as fast
  $ heteroscale get services       from another terminal
  $ heteroscale down               from another terminal

Servers that KAFKA_BROKERS or TEMPORAL_ADDRESS name are used; the others are started. What ends by itself is started again, Kafka and
Temporal too.
`

export const upCommand = (): Command =>
  new Command('up')
    .description('start Kafka, Temporal, an emulated cluster and the autoscaler on this machine')
    .option('--speed <factor>', 'world time per wall time, at most 20 (default: real time)', positiveNumber(20))
    .addHelpText('after', examples)
    .action(up)

const up = async (options: { readonly speed?: number }): Promise<void> => {
  const present = readUpState()
  if (present !== null) {
    process.stderr.write(`E_ALREADY_UP process ${present.pid}: a fleet is up at ${present.api}; one is allowed; nothing was started\n`)
    process.exitCode = 2
    return
  }
  const say = (line: string): void => void process.stderr.write(`heteroscale: ${line}\n`)
  const running = await interruptible(() => bringUp({ ...options, onProgress: say }), say)
  const stopped = interrupted()
  announce(running)
  const keeping = keepAlive([running.stack.kafka, running.stack.temporal, ...Object.values(running.fleet.processes)], stopped, say)
  await stopped
  say('stopping')
  removeUpState()
  await running.stop()
  await keeping
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })

const announce = ({ fleet, stack, world, topicPrefix }: Running): void => {
  writeUpState({
    pid: process.pid,
    api: fleet.apiUrl,
    emulator: fleet.emulatorUrl,
    deciders: decidersOf(fleet),
    kafkaBrokers: stack.kafkaBrokers,
    ...(topicPrefix === undefined ? {} : { topicPrefix }),
    ...(world === undefined ? {} : { world }),
    temporalAddress: stack.temporalAddress,
    ...(stack.temporalUiUrl === undefined ? {} : { temporalUi: stack.temporalUiUrl }),
    logs: stack.dir,
  })
  const rows = [
    ['API', fleet.apiUrl],
    ['Temporal', stack.temporalAddress],
    ['Temporal UI', stack.temporalUiUrl ?? '-'],
    ['Kafka', stack.kafkaBrokers.join(',')],
    ['emulator', fleet.emulatorUrl],
    ['deciders', decidersOf(fleet).join(' ')],
    ['logs', stack.dir],
  ]
  for (const [name, value] of rows) process.stdout.write(`${name?.padEnd(12)} ${value}\n`)
  process.stdout.write('\nNext: heteroscale apply -f docs/examples/chat-70b.yaml\nCtrl-C stops everything.\n')
}

const decidersOf = ({ urls }: Running['fleet']): readonly string[] => Object.entries(urls).flatMap(([name, url]) => (name.startsWith('decider') ? [url] : []))
