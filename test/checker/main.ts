/** `node --import tsx test/checker/main.ts FOLDER…`: prints violations and counts of each folder of evidence; exits with 1 on any violation. */
import { check } from './check.ts'
import { readEvidence } from './evidence-folder.ts'

const folders = process.argv.slice(2)
if (folders.length === 0) {
  process.stderr.write('E_USAGE checker: got no folder; expected one or more folders of evidence; nothing was checked\n')
  process.exit(2)
}

let found = 0
for (const folder of folders) {
  const evidence = readEvidence(folder)
  const began = performance.now()
  const { violations, counted } = check(evidence)
  const ms = performance.now() - began
  found += violations.length
  for (const { invariant, service, detail, at } of violations) process.stdout.write(`${invariant} ${service || '-'} ${at}: ${detail}\n`)
  process.stdout.write(`${folder}: ${violations.length} violation${violations.length === 1 ? '' : 's'} in ${counted.records} records and ${counted.effects} effects, ${ms.toFixed(0)} ms; ${JSON.stringify(counted)}\n`)
}
process.exit(found === 0 ? 0 : 1)
