/**
 * Affine performance model of one instance: `T_P = a + b·N + c·S` for a prefill batch of N new tokens with
 * S = Σ n·(n + 2·cached), and `T_D = a' + b'·B + c'·C` for a decode step of B sequences with C context tokens. Times
 * in ms. The rows were composed from public kernel measurements (aiconfigurator database, vLLM 0.24, bf16 KV cache)
 * and checked against measured servers: mean error 4-5 % on H100 and H200.
 */
export type Coefficients = {
  readonly prefill: { readonly a: number; readonly b: number; readonly c: number }
  readonly decode: { readonly a: number; readonly b: number; readonly c: number }
  /** Tokens whose KV fits: `(0.9·g·HBM − weights − 3.5 GB·g) / bytes per token`. */
  readonly kvCapacityTokens: number
  /** KV bytes per token over the instance's g network cards, each used at 80 %, in ms per token. */
  readonly transferMsPerToken: number
  readonly layers: number
}

export type ModelName = keyof typeof models

type Gpu = { readonly hbmGb: number; readonly tflops: number; readonly tbPerSecond: number; readonly nicGbPerSecond: number }

/** Dense bf16 TFLOP/s, HBM GB and TB/s, network GB/s (400 Gb/s = 50 GB/s) per GPU. */
const gpus: { readonly [type: string]: Gpu } = {
  A100: { hbmGb: 80, tflops: 312, tbPerSecond: 2.04, nicGbPerSecond: 25 },
  H100: { hbmGb: 80, tflops: 989, tbPerSecond: 3.35, nicGbPerSecond: 50 },
  H200: { hbmGb: 141, tflops: 989, tbPerSecond: 4.8, nicGbPerSecond: 50 },
  B200: { hbmGb: 180, tflops: 2250, tbPerSecond: 7.7, nicGbPerSecond: 100 },
  H20: { hbmGb: 96, tflops: 148, tbPerSecond: 4.0, nicGbPerSecond: 50 },
  L20: { hbmGb: 48, tflops: 119.5, tbPerSecond: 0.86, nicGbPerSecond: 25 },
}

/** Weights in GB, KV bytes per token (bf16) and layers, from the models' own configurations. */
export const models = {
  'llama-3.1-8b-bf16': { weightsGb: 16, kvBytesPerToken: 131_072, layers: 32 },
  'llama-3.1-8b-fp8': { weightsGb: 8, kvBytesPerToken: 131_072, layers: 32 },
  'qwen3-32b-bf16': { weightsGb: 65.6, kvBytesPerToken: 262_144, layers: 64 },
  'qwen3-32b-fp8': { weightsGb: 32.8, kvBytesPerToken: 262_144, layers: 64 },
  'llama-3.1-70b-bf16': { weightsGb: 141.2, kvBytesPerToken: 327_680, layers: 80 },
  'llama-3.1-70b-fp8': { weightsGb: 70.6, kvBytesPerToken: 327_680, layers: 80 },
} as const

/** GPU, model, GPUs per instance (tensor parallel), a, b, c, a', b', c'. */
type Row = readonly [string, ModelName, number, number, number, number, number, number, number]

const rows: readonly Row[] = [
  ['H100', 'llama-3.1-8b-bf16', 1, 2.16, 0.01945, 4.98e-7, 6.48, 0.01, 4.32e-5],
  ['H100', 'qwen3-32b-bf16', 2, 4.42, 0.04913, 9.45e-7, 13.87, 0.0274, 4.34e-5],
  ['H100', 'qwen3-32b-bf16', 4, 4.96, 0.0286, 4.98e-7, 8.47, 0.0201, 2.17e-5],
  ['H100', 'llama-3.1-70b-bf16', 4, 5.66, 0.06103, 5.68e-7, 15.48, 0.0317, 2.67e-5],
  ['H100', 'llama-3.1-70b-bf16', 8, 6.04, 0.03834, 2.35e-7, 10.18, 0.0234, 1.36e-5],
  ['H100', 'llama-3.1-8b-fp8', 1, 1.89, 0.01435, 4.43e-7, 4.37, 0.0085, 4.26e-5],
  ['H100', 'qwen3-32b-fp8', 1, 6.04, 0.05907, 2.22e-6, 15.04, 0.0313, 8.58e-5],
  ['H100', 'qwen3-32b-fp8', 2, 5.0, 0.03758, 7.69e-7, 9.53, 0.022, 4.21e-5],
  ['H100', 'llama-3.1-70b-fp8', 2, 6.84, 0.07221, 7.24e-7, 17.1, 0.0323, 5.18e-5],
  ['H100', 'llama-3.1-70b-fp8', 4, 7.28, 0.04681, 2.89e-7, 10.83, 0.0353, 2.65e-5],
  ['H100', 'llama-3.1-70b-fp8', 8, 7.67, 0.03281, 7.1e-8, 8.13, 0.0303, 1.38e-5],
  ['H200', 'llama-3.1-8b-bf16', 1, 1.13, 0.02009, 4.69e-7, 5.05, 0.0103, 3.03e-5],
  ['H200', 'qwen3-32b-bf16', 2, 3.07, 0.04873, 9.14e-7, 11.16, 0.0245, 2.96e-5],
  ['H200', 'llama-3.1-70b-fp8', 2, 5.48, 0.06576, 9.86e-7, 13.95, 0.0349, 3.67e-5],
  ['H200', 'llama-3.1-70b-fp8', 4, 6.65, 0.04307, 4.1e-7, 9.46, 0.0346, 1.9e-5],
  ['B200', 'llama-3.1-8b-bf16', 1, 1.62, 0.00961, 2.57e-7, 3.52, 0.0039, 1.81e-5],
  ['B200', 'qwen3-32b-bf16', 2, 6.03, 0.02435, 4.9e-7, 8.16, 0.0171, 1.81e-5],
  ['B200', 'llama-3.1-70b-bf16', 2, 7.38, 0.05126, 9.62e-7, 14.51, 0.0314, 2.28e-5],
  ['B200', 'llama-3.1-70b-bf16', 4, 7.08, 0.03075, 4.0e-7, 9.29, 0.0249, 1.21e-5],
  ['B200', 'llama-3.1-70b-fp8', 4, 9.48, 0.02457, 3.02e-7, 9.84, 0.0164, 1.02e-5],
]

export type EngineKind = { readonly model: ModelName; readonly gpuType: string; readonly gpus: number }

/**
 * Coefficients of an instance. A GPU without a measured row (A100, H20, L20) takes the H100 row of the same size,
 * scaled by the roofline: what computes (b, c, b') by the ratio of TFLOP/s, what reads memory (a', c') by the ratio
 * of TB/s. Those are estimates, good for shapes and not for buying. Null when no row has this model on so many GPUs.
 */
export const coefficientsOf = (kind: EngineKind): Coefficients | null => {
  const gpu = gpus[kind.gpuType]
  const row = rowOf(kind, kind.gpuType) ?? rowOf(kind, 'H100')
  if (gpu === undefined || row === undefined) return null
  const measuredOn = gpus[row[0]] ?? gpu
  const compute = measuredOn.tflops / gpu.tflops
  const memory = measuredOn.tbPerSecond / gpu.tbPerSecond
  const { weightsGb, kvBytesPerToken, layers } = models[kind.model]
  const freeGb = 0.9 * kind.gpus * gpu.hbmGb - weightsGb - 3.5 * kind.gpus
  return {
    prefill: { a: row[3], b: row[4] * compute, c: row[5] * compute },
    decode: { a: row[6] * memory, b: row[7] * compute, c: row[8] * memory },
    kvCapacityTokens: Math.floor((freeGb * 1e9) / kvBytesPerToken),
    transferMsPerToken: kvBytesPerToken / (gpu.nicGbPerSecond * 1e6 * 0.8 * kind.gpus),
    layers,
  }
}

const rowOf = ({ model, gpus: size }: EngineKind, gpuType: string): Row | undefined =>
  rows.find((row) => row[0] === gpuType && row[1] === model && row[2] === size)

export const isModelName = (name: string): name is ModelName => Object.hasOwn(models, name)
