import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const dockerProxyErrors = {
  DOCKER_PROXY_REFUSED: {
    kind: 'usage',
    status: 403,
    title: 'The Docker proxy does not allow this',
    fix: 'It lets through only what runs evaluations; see docs/code-evaluation.md for what that is.',
  },
  DOCKER_PROXY_TOKEN_REFUSED: {
    kind: 'auth',
    title: 'The Docker proxy was called without its secret',
    fix: 'Give the executor the same AGENTCTL_DOCKER_PROXY_TOKEN as the proxy.',
  },
  DOCKER_PROXY_TOKEN_MISSING: {
    kind: 'usage',
    title: 'A Docker proxy that others can reach needs a secret',
    fix: 'Set AGENTCTL_DOCKER_PROXY_TOKEN, or let it listen on 127.0.0.1 or on a unix socket (--socket).',
  },
  DOCKER_PROXY_FULL: {
    kind: 'limit',
    title: 'There are as many containers as the Docker proxy allows',
    fix: 'Wait for programs to end, or raise --max-containers of the proxy.',
  },
  DOCKER_PROXY_CLOSING: {
    kind: 'unavailable',
    title: 'The Docker proxy is about to stop',
    fix: 'Try again once it runs again.',
  },
  DOCKER_PROXY_ADDRESS_INVALID: {
    kind: 'usage',
    title: 'The Docker proxy cannot listen there',
    fix: 'Stop what listens there, or choose another --port (0 takes any free one), --host or --socket.',
  },
} as const satisfies ErrorTable

export const dockerProxyError = errorsOf(dockerProxyErrors)

/** What the caller is told, and the log. */
export function refused(why: string) {
  return dockerProxyError('DOCKER_PROXY_REFUSED', why)
}
