/** GPU activity of instances, from the DCGM exporters of their nodes; each exporter is asked once a round. */
import { readDcgm } from '../../adapters/prometheus/dcgm.ts'
import type { Exposition } from '../../adapters/prometheus/exposition.ts'
import { scrape } from '../../adapters/prometheus/scrape.ts'
import type { InstanceStatus } from '../../core/ports.ts'
import type { GpuActivity } from '../../core/signals/role-samples.ts'

export type GpuScraper = {
  /** Forgets what the exporters said before. */
  beginRound(): void
  /** Null when exporters are not configured, and when the node's one did not answer. */
  gpuOf(instance: InstanceStatus): Promise<GpuActivity | null>
}

/** `url` of a node's exporter with `{node}` for its name; absent: no exporter is asked. */
export const createGpuScraper = (url: string | undefined, deadlineMs: number): GpuScraper => {
  const asked = new Map<string, Promise<Exposition | null>>()
  const pageOf = (node: string, template: string): Promise<Exposition | null> => {
    const known = asked.get(node)
    if (known !== undefined) return known
    const page = scrape({ url: template.replace('{node}', encodeURIComponent(node)), deadlineMs }).catch(() => null)
    asked.set(node, page)
    return page
  }
  return {
    beginRound: () => asked.clear(),
    gpuOf: async ({ instance, node }) => {
      const page = url === undefined || node === null ? null : await pageOf(node, url)
      return page === null ? null : readDcgm(page, instance)
    },
  }
}
