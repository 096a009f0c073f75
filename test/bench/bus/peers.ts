import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const folder = new URL('./peers/', import.meta.url)

/**
 * Installs what cannot live beside the program's own packages, as its lock file has it; does nothing when it is
 * there.
 * @throws Error when npm fails
 */
export function installPeers(): void {
  const wanted = fieldOf('package.json', 'dependencies') as Record<string, string>
  if (Object.entries(wanted).every(([name, version]) => installed(name) === version)) return
  process.stderr.write(`Installing ${Object.keys(wanted).join(', ')} for the comparison (npm ci) …\n`)
  const args = ['ci', '--loglevel=error', '--no-fund', '--no-audit', '--no-progress', '--ignore-scripts']
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2] })
  if (error) throw new Error(`npm cannot be run: ${error.message}`)
  if (status !== 0) throw new Error(`npm ci failed with exit code ${status}; --only leaves them out`)
}

function installed(name: string): unknown {
  const file = `node_modules/${name}/package.json`
  return existsSync(new URL(file, folder)) ? fieldOf(file, 'version') : undefined
}

function fieldOf(file: string, field: string): unknown {
  return (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown>)[field]
}
