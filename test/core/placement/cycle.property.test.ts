/** What holds for every cell, every set of requests and every order of arrival. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeObservation } from '../../../core/events/observed.ts'
import type { GroupPlacement, PlacementAnswer, PlacementRequest } from '../../../core/events/placed.ts'
import { openCell, type CellState } from '../../../core/placement/cell.ts'
import { runCycle } from '../../../core/placement/cycle.ts'
import { decidePlacement } from '../../../core/placement/decide.ts'
import { classifyMinipods, scarcityRank } from '../../../core/placement/subgroups.ts'
import { buildTree, nodeKey } from '../../../core/placement/tree.ts'
import { viewOf } from '../../../core/placement/view.ts'
import { inBand } from '../../../core/ratio-band.ts'
import { sumCounts } from '../../../core/roles.ts'
import { at, foldAll, groupOf, inventoriesOf, NOW, requestOf, type ObservedGroup } from './small-cell.ts'

const gpuType = fc.constantFrom('H100', 'L20')

const anyNode = fc.record({
  sub: fc.integer({ min: 0, max: 1 }),
  s2: fc.integer({ min: 0, max: 2 }),
  s1: fc.integer({ min: 0, max: 1 }),
  gpuType,
  gpusFree: fc.integer({ min: 0, max: 8 }),
  schedulable: fc.constantFrom(true, true, true, false),
})

const anyNodes: fc.Arbitrary<NodeObservation[]> = fc.array(anyNode, { minLength: 1, maxLength: 24 }).map((nodes) =>
  nodes.map(({ sub, s2, s1, gpuType, gpusFree, schedulable }, index) => ({
    node: `n${index}`, vdc: 'vdc-0', cluster: 'cluster-0', subCluster: `sub-${sub}`, s2: `s2-${s2}`, s1: `s1-${s1}`,
    gpuType, gpus: 8, gpusFree, schedulable,
  })),
)

const anyGroups = (nodes: readonly NodeObservation[]): fc.Arbitrary<ObservedGroup[]> => {
  const domains = [...new Set(nodes.map(({ subCluster, s2 }) => `vdc-0/cluster-0/${subCluster}/${s2}`))]
  const group = fc.record({
    domain: fc.constantFrom(...domains),
    service: fc.constantFrom('chat', 'batch'),
    counts: fc.record({ prefill: fc.integer({ min: 1, max: 3 }), decode: fc.integer({ min: 2, max: 6 }) }),
    gpuTypes: fc.record({ prefill: gpuType, decode: gpuType }),
  })
  return fc.array(group, { maxLength: 4 }).map((groups) => groups.map((fields, index) => groupOf({ group: `g${index}`, ...fields })))
}

const anyTypes = fc.constantFrom<readonly string[]>(['H100'], ['L20'], ['H100', 'L20'], ['L20', 'H100'])

const anyRequest: fc.Arbitrary<Omit<PlacementRequest, 'requestId'>> = fc
  .record({
    service: fc.constantFrom('chat', 'batch', 'search', 'agent'),
    priority: fc.integer({ min: 0, max: 3 }),
    age: fc.integer({ min: 0, max: 3 }),
    target: fc.record({ prefill: fc.integer({ min: 0, max: 5 }), decode: fc.integer({ min: 0, max: 8 }) }),
    affinity: fc.constantFrom('s1' as const, 's2' as const, 'cluster' as const),
    gpus: fc.record({ prefill: fc.constantFrom(1, 2, 4, 8, 16), decode: fc.constantFrom(1, 2, 4, 8) }),
    types: fc.record({ prefill: anyTypes, decode: anyTypes }),
    busyGroups: fc.subarray(['g0', 'g1', 'g2', 'g3'], { maxLength: 2 }),
  })
  .map(({ age, gpus, types, ...fields }) =>
    requestOf({
      ...fields,
      requestedAt: NOW - age * 1_000,
      requirements: [
        { role: 'prefill', gpusPerInstance: gpus.prefill, gpuTypes: types.prefill },
        { role: 'decode', gpusPerInstance: gpus.decode, gpuTypes: types.decode },
      ],
    }),
  )

type Situation = { readonly nodes: NodeObservation[]; readonly groups: ObservedGroup[]; readonly requests: PlacementRequest[] }

const anySituation: fc.Arbitrary<Situation> = anyNodes.chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    groups: anyGroups(nodes),
    requests: fc
      .array(anyRequest, { minLength: 1, maxLength: 5 })
      .map((requests) => requests.map((request, index) => ({ ...request, requestId: `i-${index}`, sequence: index + 2 }))),
  }),
)

const cellIn = ({ nodes, groups }: Situation): CellState => foldAll(openCell('cell-0'), inventoriesOf(nodes, groups))

const cycleIn = (situation: Situation): readonly PlacementAnswer[] => runCycle(viewOf(cellIn(situation), at(NOW)), situation.requests, NOW)

const placementsOf = (answers: readonly PlacementAnswer[]): readonly GroupPlacement[] => answers.flatMap(({ groups }) => groups)

const promisedPerNode = (placements: readonly GroupPlacement[]): ReadonlyMap<string, number> => {
  const promised = new Map<string, number>()
  for (const { subCluster, reserved } of placements) {
    for (const { node, gpus } of reserved) promised.set(nodeKey(subCluster, node), (promised.get(nodeKey(subCluster, node)) ?? 0) + gpus)
  }
  return promised
}

/** Each situation is a cell of up to 24 nodes with up to 5 requests; 300 of them run in about a second. */
const always = (holds: (situation: Situation) => void): void => fc.assert(fc.property(anySituation, holds), { numRuns: 300 })

describe('a cycle', () => {
  it('never promises more than a node has free', () => {
    always((situation) => {
      const nodes = new Map(situation.nodes.map((node) => [nodeKey(node.subCluster, node.node), node]))
      for (const [key, gpus] of promisedPerNode(placementsOf(cycleIn(situation)))) expect(gpus).toBeLessThanOrEqual(nodes.get(key)?.gpusFree ?? 0)
    })
  })

  it('reserves exactly what the added instances need, on nodes of their type inside their domain', () => {
    always((situation) => {
      const nodes = new Map(situation.nodes.map((node) => [nodeKey(node.subCluster, node.node), node]))
      for (const placement of placementsOf(cycleIn(situation))) {
        for (const role of ['prefill', 'decode'] as const) {
          const reserved = placement.reserved.filter((each) => each.role === role)
          const added = Math.max(0, placement.to[role] - placement.from[role])
          expect(reserved.reduce((sum, { gpus }) => sum + gpus, 0)).toBe(added * placement.gpusPerInstance[role])
          for (const { node } of reserved) {
            const found = nodes.get(nodeKey(placement.subCluster, node))
            expect(found?.gpuType).toBe(placement.gpuTypes[role])
            expect(`vdc-0/cluster-0/${found?.subCluster}/${found?.s2}/${found?.s1}/`.startsWith(`${placement.domain}/`)).toBe(true)
          }
        }
      }
    })
  })

  it('conserves capacity: free before = free after + promised', () => {
    always((situation) => {
      const before = cellIn(situation)
      const after = foldAll(before, [decidePlacement(before, situation.requests, at(NOW))])
      const promised = promisedPerNode(placementsOf([...after.answers.values()]))
      for (const [key, gpus] of viewOf(before, at(NOW)).free) expect((viewOf(after, at(NOW)).free.get(key) ?? 0) + (promised.get(key) ?? 0)).toBe(gpus)
    })
  })

  it('brings every changed group into band by itself, with both roles or none', () => {
    always((situation) => {
      const requests = new Map(situation.requests.map((request) => [request.requestId, request]))
      for (const { requestId, groups } of cycleIn(situation)) {
        const request = requests.get(requestId) as PlacementRequest
        for (const { to } of groups) {
          expect(inBand(to, request.band)).toBe(true)
          if (request.target.prefill > 0 && request.target.decode > 0) expect(to.prefill > 0).toBe(to.decode > 0)
        }
      }
    })
  })

  it('never overshoots a target, and places a request wholly or says what is missing', () => {
    always((situation) => {
      const standing = (service: string) => sumCounts(situation.groups.filter((group) => group.service === service).map(({ counts }) => counts))
      const alone = situation.requests.slice(0, 1)
      const [answer] = cycleIn({ ...situation, requests: alone })
      const request = alone[0] as PlacementRequest
      const moved = sumCounts((answer?.groups ?? []).map(({ from, to }) => ({ prefill: to.prefill - from.prefill, decode: to.decode - from.decode })))
      for (const role of ['prefill', 'decode'] as const) {
        const wanted = request.target[role] - standing(request.service)[role]
        expect(Math.sign(moved[role]) * Math.sign(wanted)).toBeGreaterThanOrEqual(0)
        expect(Math.abs(moved[role])).toBeLessThanOrEqual(Math.abs(wanted))
        if (answer?.refusal === null) expect(moved[role]).toBe(wanted)
      }
    })
  })

  it('changes no busy group and no group of another service', () => {
    always((situation) => {
      const requests = new Map(situation.requests.map((request) => [request.requestId, request]))
      const services = new Map(situation.groups.map(({ group, service }) => [group, service]))
      for (const { requestId, groups } of cycleIn(situation)) {
        const request = requests.get(requestId) as PlacementRequest
        for (const { group, isNew } of groups) {
          expect(request.busyGroups).not.toContain(group)
          expect(isNew ? undefined : request.service).toBe(services.get(group))
        }
      }
    })
  })

  it('answers a request as if no request of lower priority had come', () => {
    always((situation) => {
      const answers = cycleIn(situation)
      for (const [index, { requestId }] of answers.entries()) {
        const above = answers.slice(0, index + 1).map((answer) => answer.requestId)
        const without = cycleIn({ ...situation, requests: situation.requests.filter((request) => above.includes(request.requestId)) })
        expect(without.find((answer) => answer.requestId === requestId)).toEqual(answers[index])
      }
      const priorities = answers.map(({ requestId }) => situation.requests.find((request) => request.requestId === requestId)?.priority ?? 0)
      expect(priorities).toEqual([...priorities].sort((a, b) => b - a))
    })
  })

  it('gives the same answers for the same input in any order', () => {
    const shuffled = anySituation.chain((situation) =>
      fc.record({
        situation: fc.constant(situation),
        nodes: fc.shuffledSubarray(situation.nodes, { minLength: situation.nodes.length }),
        groups: fc.shuffledSubarray(situation.groups, { minLength: situation.groups.length }),
        requests: fc.shuffledSubarray(situation.requests, { minLength: situation.requests.length }),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ situation, ...other }) => {
        expect(cycleIn(other)).toEqual(cycleIn(situation))
      }),
      { numRuns: 300 },
    )
  })

  it('promises nothing that only shrinking groups would free', () => {
    always((situation) => {
      const full = { ...situation, nodes: situation.nodes.map((node) => ({ ...node, gpusFree: 0 })) }
      expect(placementsOf(cycleIn(full)).flatMap(({ reserved }) => reserved)).toEqual([])
    })
  })
})

describe('scarce hardware', () => {
  it('is left alone while the same instance fits on common hardware', () => {
    always((situation) => {
      const request = requestOf({ service: 'new', target: { prefill: 1, decode: 1 }, ratio: { prefill: 1, decode: 1 }, affinity: 's2' })
      const [answer] = cycleIn({ ...situation, requests: [request] })
      const tree = buildTree(situation.nodes)
      const scarcity = classifyMinipods(tree)
      const nodes = [...tree.values()].flatMap((domain) => domain.nodes)
      const rankOf = (key: string): number => Math.max(...nodes.filter((node) => node.key === key).map((node) => scarcityRank(scarcity, node)))
      const used = Math.max(-1, ...[...promisedPerNode(answer?.groups ?? []).keys()].map(rankOf))
      const fits = (path: string): boolean => {
        const free = (tree.get(path)?.nodes ?? []).filter((node) => node.gpuType === 'H100' && node.schedulable && rankOf(node.key) === 0)
        return free.reduce((sum, node) => sum + Math.floor(node.gpusFree / 4), 0) >= 2
      }
      const commonFits = [...tree.values()].some(({ level, path }) => level === 's2' && fits(path))
      if (commonFits) expect(used).toBe(0)
    })
  })
})

describe('a void record', () => {
  it('changes nothing', () => {
    always((situation) => {
      const start = cellIn(situation)
      const valid = decidePlacement(start, situation.requests, at(NOW))
      const rival = decidePlacement(start, [requestOf({ requestId: 'i-rival', service: 'rival', target: { prefill: 1, decode: 2 } })], at(NOW))
      const first = foldAll(start, [valid])
      expect(foldAll(first, [rival])).toEqual({ ...first, lastOffset: first.lastOffset + 1 })
    })
  })
})
