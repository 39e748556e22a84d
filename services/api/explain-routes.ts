/** Why a service stood as it did at a moment in the past. */
import type { FastifyInstance } from 'fastify'
import type { ApplyPorts } from './apply.ts'
import type { ExplainAtAnswer } from './answers.ts'
import { explainAtAnswer } from './decision-view.ts'
import { notFoundOrDeleted } from './not-found.ts'
import { explainAtQuery, parseOrRefuse } from './query.ts'

export const addExplainRoutes = (scope: FastifyInstance, { model, clock }: ApplyPorts): void => {
  scope.get<{ Params: { name: string } }>('/services/:name/explain', async (request): Promise<ExplainAtAnswer> => {
    const { name } = request.params
    const now = clock.now()
    const { at = now } = parseOrRefuse(explainAtQuery, request.query, 'query')
    const answer = explainAtAnswer(model, name, { at, now })
    // A service that was removed is still explained for as long as its decisions are known.
    return answer.keptSince !== null || model.services.has(name) ? answer : notFoundOrDeleted('services', name, model)
  })
}
