/** Moving a request's KV cache from its prefill instance to its decode instance over the topology. */
import type { NodeObservation } from '../../core/events/observed.ts'
import type { Coefficients } from './coefficients.ts'

/** Set-up of one transfer in ms. */
const setUpMs = 1

/**
 * Share of the bandwidth that is left: 1 below one S1 switch, and 0.8 for each level of switches that is crossed
 * (HeteroScale: crossing switches costs 20 %).
 */
export const bandwidthShare = (from: NodeObservation | null, to: NodeObservation | null): number => {
  if (from === null || to === null) return 0.64
  if (from.subCluster !== to.subCluster || from.s2 !== to.s2) return 0.64
  return from.s1 === to.s1 ? 1 : 0.8
}

/**
 * The part of the transfer that the user waits for, in ms. Layers are sent while later ones are computed, so only what
 * does not fit behind the prefill and the last layer's share remain: `max(0, T_N − T_P) + T_N / layers`. Links are
 * not shared between transfers here; with 400 Gb/s per GPU they do not bind.
 */
export const exposedTransferMs = (
  coefficients: Coefficients,
  { tokens, share, prefillMs }: { readonly tokens: number; readonly share: number; readonly prefillMs: number },
): number => {
  const transferMs = setUpMs + (coefficients.transferMsPerToken * tokens) / share
  return Math.max(0, transferMs - prefillMs) + transferMs / coefficients.layers
}
