import { fileURLToPath } from 'node:url'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { type Program, startProgram } from '../support/program.ts'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export const PEERS = new URL('./peers/', import.meta.url)

/** The Portkey gateway as npm has it, without its console. */
export async function startPortkey(): Promise<Program> {
  const port = await freePort()
  const script = pathOf('./peers/node_modules/@portkey-ai/gateway/build/start-server.js')
  return startProgram([script, `--port=${port}`, '--headless'], {}, `http://127.0.0.1:${port}`, '/')
}

/** `agentctl llm` with everything on: cache, quotas, retries, breaker, metrics. */
export async function startLlm(redisUrl: string, upstream: string): Promise<Program> {
  const port = await freePort()
  const env = {
    REDIS_URL: redisUrl,
    OPENAI_API_KEY: 'bench',
    OPENAI_BASE_URL: `${upstream}/v1`,
    AGENTCTL_LLM_QUOTA_REQUESTS: '1000000000',
    AGENTCTL_LLM_QUOTA_TOKENS: '1000000000000',
  }
  const args = [pathOf('../../../bin/agentctl.js'), 'llm', '--port', String(port), '--log-level', 'error']
  return startProgram(args, env, `http://127.0.0.1:${port}`, '/ready')
}
