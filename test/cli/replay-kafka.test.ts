import { expect, it } from 'vitest'
import { openLog } from '../../cli/replay-kafka.ts'
import { processTerminal } from '../../cli/terminal.ts'

it('says in time that no broker answers, what it tried meanwhile, and what to do', async () => {
  const said: string[] = []
  const terminal = { ...processTerminal, env: { KAFKA_BROKERS: '127.0.0.1:1' }, warn: (line: string) => void said.push(line) }
  const opened = openLog(terminal, 3_000)
  await expect(opened).rejects.toMatchObject({ exitCode: 6 })
  await expect(opened).rejects.toThrow(/^KAFKA_UNAVAILABLE replay: got no answer from 127.0.0.1:1 within 3 s \(.*ECONNREFUSED.*\); allowed: .*nothing was replayed: check KAFKA_BROKERS/)
  expect(said).toEqual([expect.stringMatching(/^replay: Kafka at 127.0.0.1:1 does not answer yet; trying again for \d s$/)])
})
