/** The registry's compatibility check: FULL_TRANSITIVE, by Avro's own resolution rules. */
import avro from 'avsc'

export type Version = { readonly name: string; readonly json: unknown }

/** One line for each pair that cannot be read, in either direction. Empty: every version reads every other. */
export const incompatibilities = (versions: readonly Version[]): string[] =>
  versions.flatMap((reader) => versions.flatMap((writer) => (reader === writer ? [] : unreadable(reader, writer))))

const unreadable = (reader: Version, writer: Version): string[] => {
  try {
    typeOf(reader).createResolver(typeOf(writer))
    return []
  } catch (error) {
    return [`${reader.name} cannot read ${writer.name}: ${error instanceof Error ? error.message : String(error)}`]
  }
}

const typeOf = ({ json }: Version): avro.Type => avro.Type.forSchema(json as avro.Schema)
