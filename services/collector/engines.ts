/** The engines of one sub-cluster: scrapes them all, remembers each one's last reading, tells what happened between. */
import { scrape } from '../../adapters/prometheus/scrape.ts'
import { isVllm, readVllm } from '../../adapters/prometheus/vllm.ts'
import type { Clock, InstanceStatus } from '../../core/ports.ts'
import { growthBetween, type EngineReading } from '../../core/signals/engine-reading.ts'
import type { InstanceRound } from '../../core/signals/role-samples.ts'

export type ScrapeFailure = { readonly instance: string; readonly url: string; readonly error: unknown }

export type EngineRounds = {
  /** By instance; an instance that could not be scraped has neither growth nor reading. */
  readonly rounds: ReadonlyMap<string, InstanceRound>
  readonly failures: readonly ScrapeFailure[]
}

export type EngineScraper = {
  scrapeAll(instances: readonly InstanceStatus[]): Promise<EngineRounds>
}

export type EngineScraperOptions = { readonly clock: Clock; readonly deadlineMs: number }

/** Keeps one reading per instance; readings of instances that are gone are forgotten. */
export const createEngineScraper = ({ clock, deadlineMs }: EngineScraperOptions): EngineScraper => {
  let last = new Map<string, EngineReading>()

  const read = async (url: string): Promise<EngineReading> => {
    const exposition = await scrape({ url, deadlineMs })
    if (!isVllm(exposition)) throw new Error(`E_METRIC_DIALECT ${url}: no vllm: metrics; the target counts as missing`)
    return readVllm(exposition, clock.now())
  }

  const roundOf = async (instance: InstanceStatus, failures: ScrapeFailure[]): Promise<EngineReading | null> => {
    const url = instance.metricsUrl
    if (url === null) return null
    return read(url).catch((error: unknown) => {
      failures.push({ instance: instance.instance, url, error })
      return null
    })
  }

  const scrapeAll = async (instances: readonly InstanceStatus[]): Promise<EngineRounds> => {
    const failures: ScrapeFailure[] = []
    const readings = await Promise.all(instances.map((instance) => roundOf(instance, failures)))
    const next = new Map<string, EngineReading>()
    const rounds = new Map<string, InstanceRound>()
    instances.forEach((instance, index) => {
      const reading = readings[index] ?? null
      const before = last.get(instance.instance)
      const growth = reading === null || before === undefined ? null : growthBetween(before, reading)
      rounds.set(instance.instance, { registered: instance.registered, growth, reading })
      const kept = reading ?? before
      if (kept !== undefined) next.set(instance.instance, kept)
    })
    last = next
    return { rounds, failures }
  }

  return { scrapeAll }
}
