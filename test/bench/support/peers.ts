import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/**
 * Installs what cannot live beside the program's own packages, as the lock file in `folder` has it; does nothing when
 * it is there.
 * @throws Error when npm fails
 */
export function installPeers(folder: URL): void {
  const wanted = fieldOf(folder, 'package.json', 'dependencies') as Record<string, string>
  if (Object.entries(wanted).every(([name, version]) => installed(folder, name) === version)) return
  process.stderr.write(`Installing ${Object.keys(wanted).join(', ')} for the comparison (npm ci) …\n`)
  const args = ['ci', '--loglevel=error', '--no-fund', '--no-audit', '--no-progress', '--ignore-scripts']
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2] })
  if (error) throw new Error(`npm cannot be run: ${error.message}`)
  if (status !== 0) throw new Error(`npm ci failed with exit code ${status}; --only leaves them out`)
}

function installed(folder: URL, name: string): unknown {
  const file = `node_modules/${name}/package.json`
  return existsSync(new URL(file, folder)) ? fieldOf(folder, file, 'version') : undefined
}

function fieldOf(folder: URL, file: string, field: string): unknown {
  return (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown>)[field]
}
