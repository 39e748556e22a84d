/** Checks a placement request before it joins a cycle: one bad request must not fail those that share the cycle. */
import type { PlacementRequest } from '../events/placed.ts'
import { roles, type Role } from '../roles.ts'

/** What is wrong with the request, or null. */
export const faultOf = (request: PlacementRequest): string | null => {
  const faults = roles.flatMap((role) => faultOfRole(request, role) ?? [])
  return faults.length === 0 ? null : faults.join('; ')
}

const faultOfRole = ({ target, requirements }: PlacementRequest, role: Role): string | null => {
  const count = target[role]
  if (!Number.isInteger(count) || count < 0) return `target.${role} is ${count}; a whole number from 0 is allowed`
  const own = requirements.filter((requirement) => requirement.role === role)
  const [requirement] = own
  if (requirement === undefined || own.length > 1) return `${own.length} requirements for ${role}; exactly 1 is allowed`
  const { gpusPerInstance, gpuTypes } = requirement
  const isPositive = Number.isInteger(gpusPerInstance) && gpusPerInstance > 0
  if (!isPositive) return `${role} asks ${gpusPerInstance} GPUs per instance; 1 or more are allowed`
  return gpuTypes.length === 0 ? `${role} names no GPU type; 1 or more are allowed` : null
}
