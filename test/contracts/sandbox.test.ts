import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { processesIn } from '../../src/runtime/platform/process/index.ts'
import { createDenoSandbox } from '../../src/runtime/sandbox/deno/deno.ts'
import { findDeno, findPyodide } from '../../src/runtime/sandbox/deno/find.ts'
import { silent } from '../support/redis.ts'
import { sandboxContract } from './sandbox.ts'

const root = await mkdtemp(join(tmpdir(), 'agentctl-deno-'))
await chmod(root, 0o755) // programs are another user's where we are root

sandboxContract('deno', {
  languages: ['python', 'javascript', 'typescript'],
  async open() {
    const deno = await findDeno()
    if (deno === undefined) throw new Error('deno is not installed')
    const sandbox = await createDenoSandbox({ deno, pyodide: findPyodide(), root, log: silent })
    return {
      sandbox,
      programsLeft: async () => processesIn(root).length,
      async close() {
        await sandbox.close()
      },
    }
  },
})

afterAll(() => rm(root, { recursive: true, force: true }))
