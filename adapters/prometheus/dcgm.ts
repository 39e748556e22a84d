/** NVIDIA's DCGM exporter: GPU utilisation and SM activity of one node, per pod where the exporter knows pods. */
import type { Exposition, Sample } from './exposition.ts'

/** Means over GPUs, 0 to 1; null when the exporter does not serve the field. */
export type GpuReading = { readonly gpuUtilisation: number | null; readonly smActivity: number | null }

/** SM_ACTIVE is not in the exporter's default list; GR_ENGINE_ACTIVE is the nearest that is, and no substitute. */
const fields = { utilisationPercent: 'DCGM_FI_DEV_GPU_UTIL', smActive: 'DCGM_FI_PROF_SM_ACTIVE' } as const

/** Reads the GPUs of `pod`; without pod labels in the exposition, all GPUs of the node. */
export const readDcgm = ({ samples }: Exposition, pod: string): GpuReading => {
  const labelled = samples.some((sample) => (sample.labels['pod'] ?? '') !== '')
  const mine = labelled ? samples.filter((sample) => sample.labels['pod'] === pod) : samples
  const percent = mean(mine.filter((sample) => sample.name === fields.utilisationPercent))
  return {
    gpuUtilisation: percent === null ? null : percent / 100,
    smActivity: mean(mine.filter((sample) => sample.name === fields.smActive)),
  }
}

const mean = (samples: readonly Sample[]): number | null =>
  samples.length === 0 ? null : samples.reduce((sum, sample) => sum + sample.value, 0) / samples.length
