/** Cores with one change in their sources, bundled as the build bundles them. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Engine } from '../../core/audit/engine.ts'
import { bundleCore } from '../../infra/core-bundle/bundle.mjs'
import { projectRoot } from '../../infra/local/project-root.ts'
import { scratchDir } from '../support/scratch-dir.ts'

export type Plant = { readonly file: string; readonly from: string; readonly to: string }

/** An instance is expected to carry a tenth less: a policy number that somebody changed. */
export const otherNumber: Plant = {
  file: 'core/scaling/proportional.ts',
  from: 'fixed(value / spec.policies.proportional.targetPerInstance)',
  to: 'fixed(value / (0.9 * spec.policies.proportional.targetPerInstance))',
}

/** The policies' asks pass through a Map that is gone through from its end. */
export const otherOrder: Plant = {
  file: 'core/scaling/combine.ts',
  from: '[proportionalAsk(situation), latencyGuardAsk(situation), ratioAsk(situation), boundsAsk(situation)]',
  to: '[...new Map([proportionalAsk(situation), latencyGuardAsk(situation), ratioAsk(situation), boundsAsk(situation)].map((ask) => [ask.policy, ask])).values()].reverse()',
}

/** A decision's time is that of the machine. */
export const clockRead: Plant = { file: 'core/scaling/record.ts', from: 'time: argument.nowMs', to: 'time: Date.now()' }

export type PlantedCore = { readonly coreHash: string; readonly engine: Engine; readonly text: string }

/** Without a plant, the core as it is. Fails when the source no longer holds what is to be changed. */
export const plantedCore = async (plant?: Plant): Promise<PlantedCore> => {
  const root = scratchDir()
  mkdirSync(join(root, 'core'))
  cpSync(join(projectRoot, 'core'), join(root, 'core'), { recursive: true })
  if (plant !== undefined) plantInto(root, plant)
  const { coreHash, text } = await bundleCore(root)
  const file = join(root, `${coreHash}.mjs`)
  writeFileSync(file, text)
  return { coreHash, text, engine: (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Engine }
}

const plantInto = (root: string, { file, from, to }: Plant): void => {
  const source = readFileSync(join(root, file), 'utf8')
  if (!source.includes(from)) throw new Error(`${file} no longer holds ${from}: plant the fault elsewhere`)
  writeFileSync(join(root, file), source.replace(from, to))
}
