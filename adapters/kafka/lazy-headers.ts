/**
 * Lets kafkajs decode a record's headers when somebody asks for them. It decodes them always, and copies the object that it collects
 * them in once per header: with the seven CloudEvents headers of our records that takes more time than all else that reading a
 * record does, and no reader of ours asks.
 */
import { createRequire } from 'node:module'
import type { IHeaders } from 'kafkajs'

type HeaderDecoder = (decoder: Decoder) => { readonly key: string; readonly value: Buffer }
type Decoder = { readonly buffer: Buffer; offset: number; readVarIntArray(reader: unknown): readonly unknown[] }
type DecoderClass = { new (buffer: Buffer): Decoder; readonly prototype: Decoder }
type Reducer = (headers: IHeaders, header: unknown) => IHeaders

const patched = new WeakSet<DecoderClass>()

/** Idempotent. What is decoded is what kafkajs would have decoded, by its own code. */
export const decodeHeadersLazily = (): void => {
  const load = createRequire(import.meta.url)
  const decoderClass = load('kafkajs/src/protocol/decoder.js') as DecoderClass
  const headerDecoder = load('kafkajs/src/protocol/recordBatch/header/v0/decoder.js') as HeaderDecoder
  if (patched.has(decoderClass)) return
  patched.add(decoderClass)
  const readNow = decoderClass.prototype.readVarIntArray
  decoderClass.prototype.readVarIntArray = function readOrPutOff(this: Decoder, reader: unknown): readonly unknown[] {
    if (reader !== headerDecoder) return readNow.call(this, reader)
    const { buffer, offset } = this
    const decode = (): readonly unknown[] => readNow.call(Object.assign(new decoderClass(buffer), { offset }), reader)
    // kafkajs does one thing with what it gets here: it reduces it to an object. Nothing of the record stands behind its headers.
    return { reduce: (collect: Reducer, empty: IHeaders) => new Proxy({ decode, collect, empty }, asked) } as unknown as readonly unknown[]
  }
}

type Undecoded = { readonly decode: () => readonly unknown[]; readonly collect: Reducer; readonly empty: IHeaders; headers?: IHeaders }

const headersOf = (undecoded: Undecoded): IHeaders => (undecoded.headers ??= undecoded.decode().reduce(undecoded.collect, undecoded.empty))

/** Whatever is asked of the object is asked of the headers. */
const asked: ProxyHandler<Undecoded> = {
  get: (undecoded, name) => Reflect.get(headersOf(undecoded), name) as unknown,
  has: (undecoded, name) => Reflect.has(headersOf(undecoded), name),
  ownKeys: (undecoded) => Reflect.ownKeys(headersOf(undecoded)),
  getOwnPropertyDescriptor: (undecoded, name) => Reflect.getOwnPropertyDescriptor(headersOf(undecoded), name),
}
