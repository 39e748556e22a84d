/**
 * Decoders, written out, of what stands in `signals` by the thousand per second. One made from a schema (wire-decoder.ts) puts
 * fields into an object by name, one closure a field: the objects cost ten times as much to make (250 instead of 19 ns), and
 * node compiles some hundred closures. Both are held against avsc by the tests of the codec.
 */
import type { LogEvent } from '../../core/events/event.ts'
import { readArray, readBoolean, readInt, readLong, readNullableDouble, readString } from './wire-reader.ts'
import type { Cursor } from './wire-reader.ts'

// The fields of a literal are evaluated in the order in which they stand: that of the schema.

const readTps = (cursor: Cursor): object => ({
  type: 'TpsObserved',
  service: readString(cursor),
  role: readString(cursor),
  source: readString(cursor),
  windowStartMs: readLong(cursor),
  windowEndMs: readLong(cursor),
  instancesHeard: readInt(cursor),
  instancesRegistered: readInt(cursor),
  tps: readNullableDouble(cursor),
})

const readLatency = (cursor: Cursor): object => ({
  type: 'LatencyObserved',
  service: readString(cursor),
  role: readString(cursor),
  source: readString(cursor),
  windowStartMs: readLong(cursor),
  windowEndMs: readLong(cursor),
  instancesHeard: readInt(cursor),
  instancesRegistered: readInt(cursor),
  ttftMsP95: readNullableDouble(cursor),
  tbtMsP95: readNullableDouble(cursor),
  requests: readNullableDouble(cursor),
})

const readHardware = (cursor: Cursor): object => ({
  type: 'HardwareObserved',
  service: readString(cursor),
  role: readString(cursor),
  source: readString(cursor),
  windowStartMs: readLong(cursor),
  windowEndMs: readLong(cursor),
  instancesHeard: readInt(cursor),
  instancesRegistered: readInt(cursor),
  gpuUtilisation: readNullableDouble(cursor),
  smActivity: readNullableDouble(cursor),
})

const readCache = (cursor: Cursor): object => ({
  type: 'CacheObserved',
  service: readString(cursor),
  role: readString(cursor),
  source: readString(cursor),
  windowStartMs: readLong(cursor),
  windowEndMs: readLong(cursor),
  instancesHeard: readInt(cursor),
  instancesRegistered: readInt(cursor),
  kvCacheUsage: readNullableDouble(cursor),
  hitRate: readNullableDouble(cursor),
  queueDepth: readNullableDouble(cursor),
  requestsRunning: readNullableDouble(cursor),
})

const readHeartbeat = (cursor: Cursor): object => ({
  type: 'CollectorHeartbeat',
  service: readString(cursor),
  source: readString(cursor),
  time: readLong(cursor),
  targetsKnown: readInt(cursor),
  targetsScraped: readInt(cursor),
})

const readInstances = (cursor: Cursor): object => ({
  type: 'InstancesObserved',
  service: readString(cursor),
  subCluster: readString(cursor),
  complete: readBoolean(cursor),
  observedAt: readLong(cursor),
  groups: readArray(cursor, 4, readGroup),
})

const readGroup = (cursor: Cursor): object => ({
  group: readString(cursor),
  domain: readString(cursor),
  sequence: readLong(cursor),
  roles: readArray(cursor, 6, readRole),
})

const readRole = (cursor: Cursor): object => ({
  role: readString(cursor),
  desired: readInt(cursor),
  scheduled: readInt(cursor),
  ready: readInt(cursor),
  registered: readInt(cursor),
  gpuType: readString(cursor),
})

/** By `sha256` of the schema's file (schemas/registry.json): to other versions they say nothing. */
export const measurementDecoders: ReadonlyMap<string, (cursor: Cursor) => LogEvent> = new Map([
  ['556f39266e23bf23b515e1cffd16077de77bd427ea8b80e9a2de22b7af6c9085', readTps],
  ['639e0011b0028c02b882d268f77730632e153be55269fd934fec40db413e2343', readLatency],
  ['9b9902bf3651b5538eecfe9f2cc92566e1d707ec0f18902d03badce9168622c5', readHardware],
  ['bfab51fabb3eaba3e7df86d084a8174935a8059a8dfc56398287f053e84fc949', readCache],
  ['2008620e5d575f636a509d1cd0b627841ec6987289fe0348ba6f403b9c375253', readHeartbeat],
  ['190e8319067b6eb88e05dc30db0aaea0681ba6b0f3a4f520cafe223142df39b7', readInstances],
]) as ReadonlyMap<string, (cursor: Cursor) => LogEvent>
