import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Program, startProgram } from '../support/program.ts'

/** Gateway, stages and replicas as the programs they are in production. */
export interface System {
  gateway: string
  /** A replica of the LLM service. */
  replica: string
  stop(): Promise<void>
}

export interface SystemOptions {
  redisUrl: string
  /** Milliseconds the mock takes to answer. */
  mock: number
  replicas: number
  /** Each stage in a process of its own. */
  apart: boolean
}

const root = new URL('../../../', import.meta.url)
const bin = fileURLToPath(new URL('bin/agentctl.js', root))
const QUIET = ['--log-level', 'error']

export async function startSystem({ redisUrl, mock, replicas, apart }: SystemOptions): Promise<System> {
  const env = {
    REDIS_URL: redisUrl,
    AGENTCTL_STATE_DIR: mkdtempSync(join(temporaryFolder(), 'state-')),
    AGENTCTL_MOCK_LATENCY: `${mock}ms`,
    AGENTCTL_MOCK_TOKENS_PER_SECOND: '0',
  }
  const started: Program[] = []

  async function run(role: string, args: string[], portFlag: string): Promise<Program> {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const program = await startProgram(
      [bin, role, portFlag, String(port), ...args, ...QUIET],
      env,
      url,
      '/ready',
    )
    started.push(program)
    return program
  }

  const stages = apart ? ['encoder', 'retriever', 'generator'] : ['encoder,retriever,generator']
  const services = []
  for (let i = 0; i < replicas; i++) services.push(await run('llm', [], '--port'))
  for (const stage of stages) await run('worker', ['--stage', stage], '--metrics-port')
  const gateway = await run('gateway', [], '--port')
  return {
    gateway: gateway.url,
    replica: services[0]?.url ?? '',
    async stop() {
      for (const program of started.reverse()) await program.stop()
    },
  }
}

/** Stores the manual of this program. */
export async function addManual(gateway: string): Promise<number> {
  const folder = new URL('docs/', root)
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'))
  const documents = files.map((id) => ({ id, text: readFileSync(new URL(id, folder), 'utf8') }))
  const response = await fetch(`${gateway}/documents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documents }),
  })
  if (!response.ok) throw new Error(`documents were refused: ${await response.text()}`)
  return documents.length
}
