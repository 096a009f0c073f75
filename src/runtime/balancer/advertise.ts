import { hostname } from 'node:os'

const ANYWHERE = new Set(['0.0.0.0', '::'])

/** Where others reach a service: what is said, else where it listens; on all addresses, under the machine's name. */
export function advertisedUrl(given: string | undefined, host: string, listening: string): string {
  if (given !== undefined) return given
  const { protocol, port } = new URL(listening)
  return ANYWHERE.has(host) ? `${protocol}//${hostname()}:${port}` : listening
}
