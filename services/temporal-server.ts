/** From configuration keys to the Temporal server; certificates are files, named by their paths. */
import { readFileSync } from 'node:fs'
import type { TemporalServer, TemporalTls } from '../adapters/temporal/connection.ts'
import type { CommonConfig } from './config.ts'

/** Throws when a certificate file cannot be read: the process then does not start. */
export const temporalServer = (config: CommonConfig): TemporalServer => ({
  address: config.TEMPORAL_ADDRESS,
  namespace: config.TEMPORAL_NAMESPACE,
  tls: config.TEMPORAL_TLS ? tlsOf(config) : null,
})

const tlsOf = ({ TEMPORAL_TLS_CA: ca, TEMPORAL_TLS_CERT: cert, TEMPORAL_TLS_KEY: key }: CommonConfig): TemporalTls => ({
  ...(ca === undefined ? {} : { rootCa: readFileSync(ca, 'utf8') }),
  ...(cert === undefined ? {} : { clientCert: readFileSync(cert, 'utf8') }),
  ...(key === undefined ? {} : { clientKey: readFileSync(key, 'utf8') }),
})
