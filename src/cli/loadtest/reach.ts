import { connect } from 'node:net'
import { loadtestError } from '../../runtime/loadtest/errors.ts'

/** Milliseconds. */
const PATIENCE = 5_000
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/**
 * Whether anybody listens there at all, before thousands of requests fail for one reason.
 * @throws AgentctlError LOADTEST_UNREACHABLE; or the reason of `signal`
 */
export async function checkReachable(target: string, signal: AbortSignal): Promise<void> {
  const { hostname, port, protocol } = new URL(target)
  // An IPv6 address is in brackets in URLs only.
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (why: string, cause?: unknown) =>
    reject(loadtestError('LOADTEST_UNREACHABLE', `${target}: ${why}`, { cause }))
  const socket = connect({ host, port: Number(port) || (PORTS[protocol] as number) })
  const onAbort = () => reject(signal.reason)
  socket.setTimeout(PATIENCE, () => fail(`no connection within ${PATIENCE / 1_000} seconds`))
  socket.once('connect', () => resolve())
  socket.once('error', (error: NodeJS.ErrnoException) => fail(reasonOf(error), error))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    await promise
  } finally {
    socket.destroy()
    signal.removeEventListener('abort', onAbort)
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name of the host is not known'
  // Of several addresses that were tried, the error itself says nothing.
  return message || code || 'the connection failed'
}
