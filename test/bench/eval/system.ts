import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Program, startProgram } from '../support/program.ts'

const bin = fileURLToPath(new URL('../../../bin/agentctl.js', import.meta.url))
const QUIET = ['--log-level', 'error']
export const TOKEN = randomBytes(16).toString('hex')

/** Starts roles as the programs they are in production, all with the same Redis and database. */
export function createStarter(settings: { redisUrl: string; databaseUrl?: string }) {
  const env = {
    AGENTCTL_REDIS_URL: settings.redisUrl,
    ...(settings.databaseUrl === undefined ? {} : { AGENTCTL_DATABASE_URL: settings.databaseUrl }),
    AGENTCTL_STATE_DIR: mkdtempSync(join(temporaryFolder(), 'state-')),
    AGENTCTL_EXECUTOR_TOKEN: TOKEN,
    AGENTCTL_EVAL_QUEUE_LIMIT: '1000000',
  }
  async function start(role: string, args: string[], portFlag = '--port'): Promise<Program> {
    const port = await freePort()
    const own = [bin, role, portFlag, String(port), ...args, ...QUIET]
    return startProgram(own, env, `http://127.0.0.1:${port}`, '/ready')
  }
  return {
    gateway: () => start('gateway', []),
    storage: () => start('storage', [], '--metrics-port'),
    proxy: () => start('docker-proxy', []),
    executor: (backend: string, proxy?: string) =>
      start('executor', ['--backend', backend, ...(proxy === undefined ? [] : ['--docker-proxy', proxy])]),
    worker: (executor: string) =>
      start(
        'worker',
        ['--stage', 'evaluation', '--executor-urls', executor, '--eval-concurrency', '8'],
        '--metrics-port',
      ),
  }
}

export type Starter = ReturnType<typeof createStarter>
