import { messageOf } from '../../kernel/index.ts'
import { type Check, info, ok, type Remark, warn } from '../check.ts'

/** Milliseconds Docker may take to answer. */
const PATIENCE = 3_000

interface EngineVersion {
  Version?: string
  ApiVersion?: string
}

/** What programs could run in. */
export interface Sandboxes {
  docker: { version: string; images: readonly { image: string; state: string }[] } | { missing: string }
  deno: string | undefined
  pyodide: boolean
}

export const sandbox: Check = {
  name: 'sandbox',
  area: 'sandbox',
  title: 'what programs run in',
  async run({ dockerHost, images }) {
    const { findDeno, findPyodide } = await import('../../sandbox/deno/index.ts')
    const [docker, deno] = await Promise.all([lookAtDocker(dockerHost, images), findDeno()])
    return judgeSandboxes({ docker, deno, pyodide: findPyodide() !== undefined })
  },
}

async function lookAtDocker(
  host: string,
  images: { python: string; node: string },
): Promise<Sandboxes['docker']> {
  const [{ createEngine }, { listImages }] = await Promise.all([
    import('../../platform/engine/index.ts'),
    import('../../images/index.ts'),
  ])
  try {
    const engine = createEngine(host)
    try {
      const signal = AbortSignal.timeout(PATIENCE)
      const { Version = '?' } = await engine.json<EngineVersion>({ method: 'GET', path: '/version', signal })
      return { version: Version, images: await listImages(engine, images) }
    } finally {
      engine.close()
    }
  } catch (error) {
    return { missing: messageOf(error) }
  }
}

export function judgeSandboxes({ docker, deno, pyodide }: Sandboxes): Remark[] {
  const remarks: Remark[] = []
  if ('missing' in docker) {
    if (deno !== undefined)
      remarks.push(
        info(
          `No Docker: ${docker.missing}`,
          'Programs run in Deno, which isolates less than a container.',
          'Start Docker, then `agentctl images build`',
        ),
      )
  } else remarks.push(...judgeImages(docker.version, docker.images))
  if (deno === undefined && 'missing' in docker)
    return [
      warn(
        `Neither Docker nor Deno is there (${docker.missing})`,
        'Programs cannot be run: `eval run` fails.',
        '`npm install deno pyodide`, or start Docker and `agentctl images build`',
      ),
    ]
  if (deno === undefined)
    remarks.push(
      info(
        'Deno is not installed',
        'Without Docker, programs could not be run.',
        '`npm install deno pyodide`',
      ),
    )
  else if (!pyodide)
    remarks.push(
      info(
        'Pyodide is not installed',
        'Deno runs JavaScript and TypeScript, and no Python.',
        '`npm install pyodide`',
      ),
    )
  else remarks.push(ok('Deno and Pyodide are installed'))
  return remarks
}

function judgeImages(version: string, images: readonly { image: string; state: string }[]): Remark[] {
  const unready = images.filter(({ state }) => state !== 'ready')
  if (unready.length === 0) return [ok(`Docker ${version}, with the images programs run in`)]
  const list = unready.map(({ image, state }) => `${image} (${state})`).join(', ')
  return [
    warn(
      `Docker ${version} answers, and lacks images: ${list}`,
      'Programs run in Deno, or in images of another version.',
      '`agentctl images build`',
    ),
  ]
}
