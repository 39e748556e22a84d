/** The API's routes for reading, and for service files. What operators order is in control-routes.ts. */
import type { FastifyInstance } from 'fastify'
import type { EventLog, Logger } from '../../core/ports.ts'
import { SERVICE_FILE_BYTES } from '../../adapters/yaml/hazards.ts'
import type { ServiceListAnswer } from './answers.ts'
import { answerError, ApiError } from './api-error.ts'
import type { ApplyPorts } from './apply.ts'
import { applyService } from './apply.ts'
import { addControlRoutes } from './control-routes.ts'
import { decisionAnswers, explainAnswer } from './decision-view.ts'
import { addExplainRoutes } from './explain-routes.ts'
import { groupAnswers, serviceRollouts } from './group-view.ts'
import { listed } from './listed.ts'
import { notFoundOrDeleted } from './not-found.ts'
import { producerAnswers } from './producer-view.ts'
import { applyQuery, authorHeader, listQuery, noQuery, parseOrRefuse, serviceQuery } from './query.ts'
import { serviceAnswer, serviceAnswers } from './service-view.ts'
import { topicAnswers } from './topic-view.ts'
import { unmanagedAnswers } from './unmanaged.ts'

export type ApiPorts = ApplyPorts & {
  readonly log: Logger
  readonly eventLog: Pick<EventLog, 'bounds'>
  /** Of the topics' names on the broker. */
  readonly topicPrefix: string
}

/** Adds everything under /api/v1. */
export const addRoutes = async (http: FastifyInstance, ports: ApiPorts): Promise<void> => {
  await http.register(
    async (scope) => {
      scope.setErrorHandler((error, _request, reply) => answerError(error, reply, ports.log))
      scope.setNotFoundHandler((request, reply) => {
        const message = `${request.method} ${request.url.slice(0, 200)} is no route; see the docs of the API`
        return reply.code(404).send({ code: 'E_NOT_FOUND', message, path: '' })
      })
      readBodiesAsBytes(scope)
      addServiceRoutes(scope, ports)
      addListRoutes(scope, ports)
      addLogRoutes(scope, ports)
      addApplyRoute(scope, ports)
      addControlRoutes(scope, ports)
      addExplainRoutes(scope, ports)
    },
    { prefix: '/api/v1' },
  )
}

/** A YAML file is not JSON, and JSON is read with care too. */
const readBodiesAsBytes = (scope: FastifyInstance): void => {
  scope.removeAllContentTypeParsers()
  const types = ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml']
  scope.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}


const addServiceRoutes = (scope: FastifyInstance, ports: ApiPorts): void => {
  scope.get('/services', async (request): Promise<ServiceListAnswer> => {
    parseOrRefuse(noQuery, request.query, 'query')
    return { ...listed(ports, serviceAnswers(ports.model, ports.clock.now())), unmanaged: unmanagedAnswers(ports.model) }
  })
  scope.get<{ Params: { name: string } }>('/services/:name', async (request) => {
    const answer = serviceAnswer(ports.model, request.params.name, ports.clock.now())
    return answer ?? notFoundOrDeleted('services', request.params.name, ports.model)
  })
  scope.get('/groups', async (request) => {
    const { service } = parseOrRefuse(serviceQuery, request.query, 'query')
    return listed(ports, groupAnswers(ports.model, service ?? null))
  })
}

const addListRoutes = (scope: FastifyInstance, ports: ApiPorts): void => {
  scope.get('/decisions', async (request) => {
    const { service, limit } = parseOrRefuse(listQuery, request.query, 'query')
    return listed(ports, decisionAnswers(ports.model, service ?? null, limit))
  })
  scope.get<{ Params: { id: string } }>('/decisions/:id', async (request) => {
    const answer = explainAnswer(ports.model, request.params.id, ports.clock.now())
    return answer ?? notFoundOrDeleted('decisions', request.params.id, ports.model)
  })
  scope.get('/rollouts', async (request) => {
    const { service, limit } = parseOrRefuse(listQuery, request.query, 'query')
    return listed(ports, serviceRollouts(ports.model, service ?? null).toReversed().slice(0, limit))
  })
}

const addLogRoutes = (scope: FastifyInstance, ports: ApiPorts): void => {
  scope.get('/producers', async (request) => {
    parseOrRefuse(noQuery, request.query, 'query')
    return listed(ports, producerAnswers(ports.model))
  })
  scope.get('/topics', async (request) => {
    parseOrRefuse(noQuery, request.query, 'query')
    return listed(ports, await topicAnswers(ports.eventLog, ports.topicPrefix))
  })
}

const addApplyRoute = (scope: FastifyInstance, ports: ApiPorts): void => {
  scope.post<{ Body: Buffer | undefined }>('/services', { bodyLimit: SERVICE_FILE_BYTES }, async (request, reply) => {
    const query = parseOrRefuse(applyQuery, request.query, 'query')
    const answer = await applyService(ports, {
      body: request.body ?? Buffer.alloc(0),
      author: parseOrRefuse(authorHeader, request.headers['x-heteroscale-author'], 'header/x-heteroscale-author'),
      expectedGeneration: query.expectedGeneration,
      confirmDecrease: query.confirmDecrease,
      waitMs: query.waitSeconds * 1000,
    })
    const status = { accepted: 200, unchanged: 200, refused: 409, recorded: 202 }[answer.outcome]
    if (status !== 409) return reply.code(status).send(answer)
    throw new ApiError(409, { code: 'E_APPLY_REFUSED', message: `the decider refused generation ${answer.generation}: ${answer.message}` })
  })
}
