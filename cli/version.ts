/** The version of this package. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../infra/local/project-root.ts'

export const productVersion = (): string => (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { readonly version: string }).version
