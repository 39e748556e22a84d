/** Folds a fleet's records with the compiled core of one product, in a process of its own; prints what a tick costs. */
import { compiledCore } from '../compiled-core.ts'
import { measureFleet } from '../scale.ts'

const [root = '', services = '', warmUpSeconds = '', measuredSeconds = ''] = process.argv.slice(2)
const sizes = { services: Number(services), warmUpSeconds: Number(warmUpSeconds), measuredSeconds: Number(measuredSeconds) }
console.log(JSON.stringify(measureFleet(await compiledCore(root), sizes)))
