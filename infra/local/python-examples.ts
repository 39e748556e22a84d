/** Installs what the Python examples for producers need, once, beside the servers. */
import { join } from 'node:path'
import { ensureInstalled } from './component.ts'
import { hasPip, missing, prerequisites, tryCommand } from './prerequisites.ts'
import { stateDir } from './project-root.ts'
import { pythonExamplesComponent } from './servers-catalog.ts'

/** The folder for PYTHONPATH. Throws PREREQUISITE_MISSING before anything is downloaded, or INSTALL_FAILED. */
export async function installPythonExamples(onProgress: (line: string) => void): Promise<string> {
  const version = await tryCommand('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  if (version === undefined || !(await hasPip(tryCommand))) throw missing([prerequisites.python])
  return ensureInstalled(pythonExamplesComponent(version.trim()), { dir: join(stateDir, 'servers'), onProgress })
}
