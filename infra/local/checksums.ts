/** Keeps the checksums of what was installed and tells, cheaply, whether it is still that. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'

const manifestName = 'installed.json'

interface FileRecord {
  readonly bytes: number
  readonly modifiedMs: number
  readonly sha256: string
}

/** Records size, time and SHA-256 of every file of a folder but `mayChange`, in the folder itself. */
export async function writeManifest(dir: string, mayChange: readonly string[] = []): Promise<void> {
  const files: Record<string, FileRecord> = {}
  for (const file of filesBelow(dir).filter((name) => !mayChange.includes(name))) {
    const { size, mtimeMs } = statSync(join(dir, file))
    files[file] = { bytes: size, modifiedMs: mtimeMs, sha256: await sha256(join(dir, file)) }
  }
  writeFileSync(join(dir, manifestName), JSON.stringify({ files }, null, 1))
}

/**
 * The first file that is not what was installed, or undefined when all are. A file of unchanged size and time is trusted; any
 * other is read and compared by its SHA-256. A folder without a manifest was never finished.
 */
export async function firstDamage(dir: string): Promise<string | undefined> {
  const manifest = join(dir, manifestName)
  if (!existsSync(manifest)) return manifestName
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as { files: Record<string, FileRecord> }
  for (const [file, record] of Object.entries(files)) {
    if (!(await isAsRecorded(join(dir, file), record))) return file
  }
  return undefined
}

async function isAsRecorded(path: string, record: FileRecord): Promise<boolean> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.size !== record.bytes) return false
  return found.mtimeMs === record.modifiedMs || (await sha256(path)) === record.sha256
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== manifestName)
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
