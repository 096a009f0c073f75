/** What serve runs when nothing else is said. */
export const DEFAULT_ROLES = 'gateway=1,worker=2,rag=1,llm=3,eval=1,executor=1,storage=1,campaigns=1,agents=1'

/** Milliseconds Docker may take to answer. */
const PATIENCE = 1_000

/** The same, and the Docker proxy where a Docker engine answers: programs then run in containers. */
export async function defaultRoles(): Promise<string> {
  return (await dockerAnswers()) ? `${DEFAULT_ROLES},docker-proxy=1` : DEFAULT_ROLES
}

async function dockerAnswers(): Promise<boolean> {
  const { createEngine, DEFAULT_DOCKER_HOST } = await import('../runtime/platform/engine/index.ts')
  try {
    const host = process.env.AGENTCTL_DOCKER_HOST || process.env.DOCKER_HOST || DEFAULT_DOCKER_HOST
    const engine = createEngine(host)
    const { statusCode } = await engine.call({
      method: 'HEAD',
      path: '/_ping',
      signal: AbortSignal.timeout(PATIENCE),
    })
    engine.close()
    return statusCode === 200
  } catch {
    return false // none, or none that we understand: the embedded sandbox does
  }
}
