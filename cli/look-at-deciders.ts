/** The line to type when nobody decides. Where deciders run is known of the fleet of `heteroscale up`; of any other Prometheus knows which processes are gone. */
import type { UpState } from './up-state.ts'

export const lookAtDeciders = (server: string, up: Pick<UpState, 'api' | 'deciders'> | null): string =>
  up?.deciders !== undefined && up.api.replace(/\/+$/, '') === server
    ? `curl -m 2 ${up.deciders.map((decider) => `${decider}/readyz`).join(' ')}`
    : `promtool query instant "$PROMETHEUS" 'up{job="heteroscale"} == 0'`
