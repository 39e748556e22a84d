/** Connects to a Temporal server, with or without TLS. */
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { portError } from '../../core/port-error.ts'

/** PEM text. `clientCert` and `clientKey` go together, for mutual TLS. */
export type TemporalTls = { readonly rootCa?: string; readonly clientCert?: string; readonly clientKey?: string }

export type TemporalServer = {
  /** `host:port`. */
  readonly address: string
  readonly namespace: string
  /** Null: plain text, as the local server speaks it. */
  readonly tls: TemporalTls | null
}

export type TemporalClient = { readonly client: Client; close(): Promise<void> }

/** For starting workflows and talking to them. Rejects with PortError `unavailable`. */
export const connectClient = async (server: TemporalServer): Promise<TemporalClient> => {
  const connection = await reach(server, () => Connection.connect(options(server)))
  return { client: new Client({ connection, namespace: server.namespace }), close: () => connection.close() }
}

/** For workers, which poll through the SDK's core. Rejects with PortError `unavailable`. */
export const connectWorkers = (server: TemporalServer): Promise<NativeConnection> =>
  reach(server, () => NativeConnection.connect(options(server)))

const options = ({ address, tls }: TemporalServer) => (tls === null ? { address } : { address, tls: tlsOptions(tls) })

const tlsOptions = ({ rootCa, clientCert, clientKey }: TemporalTls) => ({
  ...(rootCa === undefined ? {} : { serverRootCACertificate: Buffer.from(rootCa) }),
  ...(clientCert === undefined || clientKey === undefined
    ? {}
    : { clientCertPair: { crt: Buffer.from(clientCert), key: Buffer.from(clientKey) } }),
})

const reach = async <T>(server: TemporalServer, connect: () => Promise<T>): Promise<T> => {
  try {
    return await connect()
  } catch (error) {
    const where = `${server.address}, namespace ${server.namespace}`
    throw portError('unavailable', `E_TEMPORAL_UNAVAILABLE ${where}: ${String(error)}; the caller tries again or exits`, error)
  }
}
