/**
 * Kafka's protocol as far as a proxy needs it: where a message ends, which API it belongs to, and the broker's address in
 * answers, which becomes the proxy's, so that a client that asked through the proxy stays behind it.
 */
import type { Direction, Framing, ProxiedMessage, Proxy } from './proxy.ts'
import { startProxy } from './proxy.ts'

/** APIs by number, as far as our client uses them, and the four of transactions, which it must not use. */
export const kafkaApis: { readonly [key: number]: string } = {
  0: 'Produce', 1: 'Fetch', 2: 'ListOffsets', 3: 'Metadata', 8: 'OffsetCommit', 9: 'OffsetFetch', 10: 'FindCoordinator', 11: 'JoinGroup',
  12: 'Heartbeat', 13: 'LeaveGroup', 14: 'SyncGroup', 15: 'DescribeGroups', 16: 'ListGroups', 17: 'SaslHandshake', 18: 'ApiVersions',
  19: 'CreateTopics', 20: 'DeleteTopics', 21: 'DeleteRecords', 22: 'InitProducerId', 24: 'AddPartitionsToTxn', 25: 'AddOffsetsToTxn',
  26: 'EndTxn', 28: 'TxnOffsetCommit', 32: 'DescribeConfigs', 33: 'AlterConfigs', 42: 'DeleteGroups',
}

/** A proxy in front of one broker. `kind` of a message is the name of its API. */
export const startKafkaProxy = (broker: string): Promise<Proxy> => {
  const [host, port] = splitAddress(broker)
  return startProxy({ server: { host, port }, framing: (proxyPort) => kafkaFraming({ host, port, proxyPort }) })
}

const splitAddress = (broker: string): readonly [string, number] => {
  const colon = broker.lastIndexOf(':')
  return [broker.slice(0, colon), Number(broker.slice(colon + 1))]
}

type Addresses = { readonly host: string; readonly port: number; readonly proxyPort: number }

const kafkaFraming = (addresses: Addresses): Framing => {
  const rest: Record<Direction, Buffer> = { toServer: Buffer.alloc(0), toClient: Buffer.alloc(0) }
  const asked = new Map<number, string>()
  const read = (direction: Direction, bytes: Buffer): ProxiedMessage => {
    if (direction === 'toServer') {
      const kind = kafkaApis[bytes.readInt16BE(4)] ?? `api ${bytes.readInt16BE(4)}`
      asked.set(bytes.readInt32BE(8), kind)
      return { direction, kind, bytes }
    }
    const correlation = bytes.readInt32BE(4)
    const kind = asked.get(correlation) ?? 'unknown'
    asked.delete(correlation)
    return { direction, kind, bytes: kind === 'Metadata' || kind === 'FindCoordinator' ? readdress(bytes, addresses) : bytes }
  }
  return {
    split: (direction, arrived) => {
      const { frames, left } = wholeFrames(Buffer.concat([rest[direction], arrived]))
      rest[direction] = left
      return frames.map((frame) => read(direction, frame))
    },
  }
}

/** Each message of Kafka is preceded by its length in four bytes. */
export const wholeFrames = (bytes: Buffer): { readonly frames: readonly Buffer[]; readonly left: Buffer } => {
  const frames: Buffer[] = []
  let at = 0
  while (bytes.length - at >= 4) {
    const end = at + 4 + bytes.readInt32BE(at)
    if (end > bytes.length) break
    frames.push(bytes.subarray(at, end))
    at = end
  }
  return { frames, left: bytes.subarray(at) }
}

/** An address is the host with its length in two bytes, then the port in four: both are as long as before. */
const readdress = (bytes: Buffer, { host, port, proxyPort }: Addresses): Buffer => {
  const told = addressBytes(host, port)
  const changed = Buffer.from(bytes)
  for (let at = changed.indexOf(told); at >= 0; at = changed.indexOf(told, at + told.length)) changed.writeInt32BE(proxyPort, at + told.length - 4)
  return changed
}

const addressBytes = (host: string, port: number): Buffer => {
  const bytes = Buffer.alloc(2 + host.length + 4)
  bytes.writeInt16BE(host.length, 0)
  bytes.write(host, 2)
  bytes.writeInt32BE(port, 2 + host.length)
  return bytes
}
