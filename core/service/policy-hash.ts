/** Names the policy that a decision followed. */
import { canonicalJson } from '../canonical.ts'
import { sha256 } from '../sha256.ts'
import type { ServiceManifest } from './specification.ts'

/** SHA-256 over the canonical JSON of the manifest's `spec`: equal for equal behaviour, whatever the file's layout. */
export const policyHash = (manifest: ServiceManifest): string => sha256(canonicalJson(manifest.spec))
