/** Mistakes in promising capacity and in handing intents on: `core/placement`, `services/orchestrator`. */
import type { Mutant } from './mutant.ts'

export const placementMutants: readonly Mutant[] = [
  {
    name: 'reservation-forgotten',
    story: 'Free GPUs are what was observed; what is promised and not yet used is not taken off.',
    file: 'core/placement/view.ts',
    from: 'freeOn(node, reserved.get(key) ?? 0)',
    to: 'freeOn(node, 0)',
  },
  {
    name: 'released-before-it-shows',
    story: 'A release frees the GPUs by any inventory, also one from before the instances were there, so they are free twice.',
    file: 'core/placement/cell.ts',
    from: '  inventory !== undefined &&\n  inventory.offset > reservation.released.offset &&\n  inventory.record.observedAt >= reservation.released.time\n',
    to: '  inventory !== undefined\n',
  },
  {
    name: 'inventory-never-old',
    story: 'The age of an inventory is compared as if its bound were in seconds.',
    file: 'core/placement/inventory-age.ts',
    from: 'now - observedAt > maxInventoryAgeMs',
    to: 'now - observedAt > maxInventoryAgeMs * 1000',
  },
  {
    name: 's2-affinity-off',
    story: 'Only S1 affinity is looked at; S2 falls into the branch of the whole sub-cluster.',
    file: 'core/placement/tree.ts',
    from: "(affinity === 'cluster' ? 'subCluster' : affinity)",
    to: "(affinity === 's1' ? affinity : 'subCluster')",
  },
  {
    name: 'scale-in-frees-at-once',
    story: 'What a group gives back is promised again in the same cycle, while its instances still run.',
    file: 'core/placement/shrink.ts',
    from: '    moved = true\n',
    to: `    for (const role of roles) {
      const [node] = work.desk.view.tree.get(group.domain)?.byGpuType.get(group.gpuTypes[role]) ?? []
      if (node !== undefined) work.desk.free.set(node.key, (work.desk.free.get(node.key) ?? 0) + removed[role] * group.gpusPerInstance[role])
    }
    moved = true
`,
  },
  {
    name: 'based-on-not-compared',
    story: 'A placement counts whatever it was computed on, so two owners of a cell promise the same GPUs.',
    file: 'core/placement/chain.ts',
    from: "if (basedOn >= chain.logStart) return 'void'",
    to: "if (basedOn >= chain.logStart) return 'valid'",
  },
  {
    name: 'cycle-forgets-its-promises',
    story: 'Drafting a group does not take its GPUs out of the ledger, and the next draft gets them again.',
    file: 'core/placement/work.ts',
    from: '  for (const fit of fitted) deduct(work.desk.free, fit)\n',
    to: '',
  },
  {
    name: 'group-out-of-band',
    story: 'A group may end with any counts as long as both roles are there.',
    file: 'core/placement/work.ts',
    from: 'return inBand(counts, request.band)',
    to: 'return true',
  },
  {
    name: 'expired-request-placed',
    story: 'A request that waited past its expiry is placed all the same, because the caller has checked that before.',
    file: 'core/placement/cycle.ts',
    from: '  if (now > request.expiresAt) return { requestId, service, groups: [], refusal: expiredRefusal(request, now) }\n',
    to: '',
  },
  {
    name: 'answers-before-read-back',
    story: 'The placer answers once its record is appended, without waiting whether it came back as valid.',
    file: 'services/orchestrator/placer-queue.ts',
    from: '    await this.partition.folded(offset)\n    stopTimer?.()\n    const unanswered = this.settle(open)\n',
    to: `    for (const { request, resolve } of open) {
      const answer = event.answers.find(({ requestId }) => requestId === request.requestId)
      if (answer !== undefined && this.waiting.delete(request.requestId)) resolve(answer)
    }
    stopTimer?.()
    const unanswered: readonly Waiting[] = []
`,
  },
  {
    name: 'kill-switch-from-cache',
    story: 'The orders of operators are read once and remembered, to spare the log a question before each effect.',
    file: 'services/orchestrator/effect-gate.ts',
    from: `({ controls, clock }: EffectGateParts): EffectGate => ({
  stopFor: async (service) => {
    try {
      return stopOf(directivesFor(await controls.read(), service), clock.now())`,
    to: `({ controls, clock }: EffectGateParts, cache: { read?: Promise<Controls> } = {}): EffectGate => ({
  stopFor: async (service) => {
    try {
      return stopOf(directivesFor(await (cache.read ??= controls.read()), service), clock.now())`,
  },
  {
    name: 'unreadable-controls-let-pass',
    story: 'When the orders cannot be read, the effect goes on rather than wait for the log.',
    file: 'services/orchestrator/effect-gate.ts',
    from: "return { code: 'CONTROLS_UNKNOWN', detail: error.message }",
    to: 'return null',
  },
  {
    name: 'unreachable-workflow-drops-intent',
    story: 'An intent that cannot be handed on is logged and passed over, and its offset is committed.',
    file: 'services/orchestrator/intents.ts',
    from: '      await clock.sleep(retryEveryMs * clock.speed)\n',
    to: '      return true\n',
  },
]
