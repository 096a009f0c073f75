import { createEngine, DEFAULT_DOCKER_HOST } from '../../src/runtime/platform/engine/index.ts'

/** Milliseconds an engine may take to answer. */
const PATIENCE = 10_000

/** Set once an engine has answered, for the processes of this run. */
const SEEN = 'AGENTCTL_TEST_ENGINE_SEEN'

/**
 * The Docker engine of this machine, as DOCKER_HOST has it: its address, or undefined when none answers. Suites that need
 * one are then skipped, which this says on stderr.
 * @throws when there was one before in this run: that is a failure, and nothing to skip
 */
export async function engineHost(): Promise<string | undefined> {
  const host = process.env.DOCKER_HOST || DEFAULT_DOCKER_HOST
  try {
    const engine = createEngine(host)
    await engine
      .json({ method: 'GET', path: '/version', signal: AbortSignal.timeout(PATIENCE) })
      .finally(() => engine.close())
    process.env[SEEN] = host
    return host
  } catch (error) {
    if (process.env[SEEN] === host) throw error
    process.stderr.write(`\n!!! SKIPPED: no Docker engine at ${host} (${(error as Error).message})\n\n`)
    return undefined
  }
}
