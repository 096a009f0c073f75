import { containersError } from './errors.ts'

/** Where an engine, or a proxy before one, listens. */
export type EngineAddress = { socketPath: string } | { host: string; port: number }

export const DEFAULT_DOCKER_HOST = 'unix:///var/run/docker.sock'
const DEFAULT_PORT = 2375

/**
 * Reads the value of DOCKER_HOST: `unix:///PATH`, `tcp://HOST[:PORT]` or `http://HOST:PORT`.
 * @throws AgentctlError DOCKER_HOST_INVALID
 */
export function parseDockerHost(text: string): EngineAddress {
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length)
    if (socketPath.startsWith('/')) return { socketPath }
    throw invalid(text, 'the path of a unix socket begins with "/"')
  }
  const url = URL.parse(text.replace(/^tcp:/, 'http:'))
  if (url?.protocol !== 'http:' || url.hostname === '') {
    throw invalid(text, 'expected unix:///PATH or tcp://HOST:PORT (TLS and SSH are not supported)')
  }
  if (url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw invalid(text, 'there may be nothing beside host and port')
  }
  const port = url.port === '' ? (text.startsWith('http:') ? 80 : DEFAULT_PORT) : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

function invalid(text: string, why: string) {
  return containersError('DOCKER_HOST_INVALID', `"${text}": ${why}`, { field: 'dockerHost' })
}
