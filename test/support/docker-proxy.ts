import Docker from 'dockerode'
import { startDockerProxy } from '../../src/runtime/docker-proxy/docker-proxy.ts'
import { COMMANDS, evalContainer, LABELS } from '../../src/runtime/docker-proxy/index.ts'
import { options } from '../../src/runtime/docker-proxy/options.ts'
import { ECHO_IMAGE } from './echo-image.ts'
import { silent } from './redis.ts'

/** A proxy of one test, on a free port. */
export async function startTestProxy(dockerHost: string, settings: Record<string, unknown> = {}) {
  const role = await startDockerProxy(
    options.parse({ port: 0, dockerHost, pythonImage: ECHO_IMAGE, ...settings }),
    {
      log: silent,
      name: 'docker-proxy-1',
    },
  )
  return { url: role.facts.url as string, stop: () => role.stop() }
}

/** dockerode as it comes, without anything from the environment. */
export function dockerodeOf(url: string, headers: Record<string, string> = {}): Docker {
  const { hostname, port } = new URL(url)
  return new Docker({ protocol: 'http', host: hostname, port, headers })
}

export const SHORTLY = 60_000

/** The least that makes a container. dockerode would put all of it into the query as well, which the proxy refuses. */
export function echoContainer(
  evalId: string,
  deadline = Date.now() + SHORTLY,
): Docker.ContainerCreateOptions {
  const body = {
    Image: ECHO_IMAGE,
    Cmd: [...COMMANDS.python],
    Labels: {
      [LABELS.eval]: evalId,
      [LABELS.owner]: 'test',
      [LABELS.deadline]: String(deadline),
    },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: { Memory: 128 * 2 ** 20, PidsLimit: 64 },
  }
  return { _query: { name: evalContainer(evalId, 1) }, _body: body } as Docker.ContainerCreateOptions
}
