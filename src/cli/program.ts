import { fileURLToPath } from 'node:url'

/** Path of this program's entry script, for starting more of it. */
export function programPath(): string {
  return fileURLToPath(new URL('../../bin/agentctl.js', import.meta.url))
}
