/** The whole HTTP API of the emulator. */
import type { FastifyInstance } from 'fastify'
import type { Emulation } from './emulation.ts'
import { addErrorHandler } from './http-errors.ts'
import { addSubClusterRoutes } from './sub-cluster-routes.ts'
import { addWorldRoutes } from './world-routes.ts'

export const addEmulatorRoutes = (http: FastifyInstance, emulation: Emulation): void => {
  addErrorHandler(http)
  addSubClusterRoutes(http, emulation)
  addWorldRoutes(http, emulation)
}
