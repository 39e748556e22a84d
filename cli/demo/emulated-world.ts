/** The emulator's own interface, beside the sub-cluster's: traffic, faults, change log, report. */
import type { ServiceReport } from '../../simulator/tally.ts'
import { portError } from '../../core/port-error.ts'

export type EmulatedWorld = {
  /** World time at which the service's traffic began. */
  startTraffic(service: string): Promise<number>
  plantFault(fault: object): Promise<void>
  report(service: string): Promise<ServiceReport>
  /** One JSON object a line: every effect on the sub-cluster, in order. */
  changes(): Promise<string>
}

const deadlineMs = 10_000

export const emulatedWorld = (url: string): EmulatedWorld => {
  const text = async (path: string, body?: object): Promise<string> => {
    const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(url + path, { ...post, signal: AbortSignal.timeout(deadlineMs) })
    if (response.ok) return response.text()
    throw portError('unavailable', `E_EMULATOR ${path}: got ${response.status} ${await response.text()}; allowed: 200; the demo ends`)
  }
  const json = async <T>(path: string): Promise<T> => JSON.parse(await text(path)) as T
  return {
    startTraffic: async (service) => {
      await fetch(`${url}/workloads/${service}/start`, { method: 'POST', signal: AbortSignal.timeout(deadlineMs) })
      return (await json<{ time: number }>('/workloads')).time
    },
    plantFault: async (fault) => {
      await text('/faults', fault)
    },
    report: async (service) => {
      const { services } = await json<{ services: readonly ServiceReport[] }>(`/report?service=${service}`)
      return services[0] as ServiceReport
    },
    changes: () => text('/changes'),
  }
}
