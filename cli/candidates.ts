/** What may come next on a command line, read from the commands themselves. */
import type { Argument, Command, Option } from 'commander'

export type Candidate = { readonly word: string; readonly about: string }

/** `services`: the caller asks the API for their names. `files`: the shell knows them. */
export type Candidates = { readonly words: readonly Candidate[]; readonly also: 'services' | 'files' | null }

/** Values of flags that are checked by a parser of ours, by the flag's name. */
const values: { readonly [flag: string]: readonly string[] } = {
  output: ['json', 'yaml'],
  for: ['30m', '1h', '2h', '1d'],
}

const nothing: Candidates = { words: [], also: null }

/** `before`: the words after `heteroscale` up to the one being typed, which is `current`. */
export const candidatesFor = (program: Command, before: readonly string[], current: string): Candidates => {
  const place = placeOf(program, before)
  const { words, also } = place.awaiting === null ? atWord(program, place, current) : valuesOf(place.awaiting)
  return { words: words.filter(({ word }) => word.startsWith(current)), also }
}

type Place = { readonly command: Command; readonly awaiting: Option | null; readonly argumentsBefore: number }

const placeOf = (program: Command, words: readonly string[]): Place => words.reduce<Place>((place, word) => {
  const { command, awaiting, argumentsBefore } = place
  if (awaiting !== null) return { ...place, awaiting: null }
  if (word.startsWith('-')) return { ...place, awaiting: flagThatTakes(word, [command, program]) }
  const verb = command === program ? program.commands.find((one) => one.name() === word) : undefined
  return verb === undefined ? { ...place, argumentsBefore: argumentsBefore + 1 } : { command: verb, awaiting: null, argumentsBefore: 0 }
}, { command: program, awaiting: null, argumentsBefore: 0 })

const flagThatTakes = (word: string, commands: readonly Command[]): Option | null => commands.flatMap(({ options }) => options).find((option) => option.required && (option.long === word || option.short === word)) ?? null

const atWord = (program: Command, { command, argumentsBefore }: Place, current: string): Candidates => {
  if (current.startsWith('-')) return { words: flagsOf(command === program ? [program] : [command, program]), also: null }
  if (command === program) return { words: argumentsBefore > 0 ? [] : verbsOf(program), also: null }
  const next = command.registeredArguments[argumentsBefore] ?? lastVariadic(command)
  return next === undefined ? nothing : argumentValues(next)
}

const lastVariadic = ({ registeredArguments }: Command): Argument | undefined => registeredArguments.at(-1)?.variadic ? registeredArguments.at(-1) : undefined

const verbsOf = (program: Command): readonly Candidate[] => program.createHelp().visibleCommands(program).map((verb) => ({ word: verb.name(), about: verb.description() }))

const flagsOf = (commands: readonly Command[]): readonly Candidate[] => commands.flatMap((command) => command.createHelp().visibleOptions(command))
  .flatMap(({ long, description }) => (long === undefined || long === null ? [] : { word: long, about: description }))
  .filter(({ word }, index, all) => all.findIndex((other) => other.word === word) === index)

const argumentValues = (argument: Argument): Candidates => {
  const name = argument.name()
  if (name === 'service' || name === 'file') return { words: [], also: name === 'service' ? 'services' : 'files' }
  return { words: (argument.argChoices ?? []).map((word) => ({ word, about: '' })), also: null }
}

const valuesOf = (flag: Option): Candidates => {
  const name = flag.attributeName()
  if (name === 'service' || name === 'file') return { words: [], also: name === 'service' ? 'services' : 'files' }
  return { words: (flag.argChoices ?? values[name] ?? []).map((word) => ({ word, about: '' })), also: null }
}
