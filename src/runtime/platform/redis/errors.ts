import { AgentctlError, type ErrorTable, errorsOf } from '../../kernel/index.ts'

export const redisErrors = {
  REDIS_URL_INVALID: {
    kind: 'usage',
    title: 'The Redis URL cannot be understood',
    fix: 'Use redis://HOST:PORT, rediss://…, redis+sentinel://H1:P1,H2:P2/MASTER or redis+cluster://H1:P1,H2:P2.',
  },
  REDIS_UNREACHABLE: {
    kind: 'unavailable',
    title: 'Redis does not answer',
    fix: 'Start one with `agentctl serve`, or point REDIS_URL at a running Redis.',
  },
  REDIS_NOT_CONFIRMED: {
    kind: 'unavailable',
    title: 'Replicas of Redis have not confirmed what was written',
    fix: 'Try again, under the same id or key. If it lasts, look at `INFO replication`: fewer replicas may be left than `--confirm-replicas` asks for.',
  },
  REDIS_DENIED: {
    kind: 'environment',
    title: 'Redis does not let this user do that',
    fix: 'Check user and password of the Redis URL, and what the user may do: docs/redis-acl.conf has what each role needs.',
  },
  REDIS_SERVER_MISSING: {
    kind: 'environment',
    title: 'No Redis server program was found, and none could be fetched',
    fix: 'Install one (`apt-get install redis-server` or `brew install redis`), or set REDIS_URL.',
  },
  REDIS_SERVER_FAILED: {
    kind: 'environment',
    title: 'The embedded Redis server did not start',
    fix: 'Read its log, named above; `agentctl serve --ephemeral` starts without the data on disk.',
  },
} as const satisfies ErrorTable

export const redisError = errorsOf(redisErrors)

const AWAY =
  /max retries per request|connection is closed|due to connection close|has not answered|command timed out|connection is in closing state|stream isn't writeable|ECONNREFUSED|ECONNRESET|EPIPE|^LOADING|^READONLY|^NOREPLICAS|^MASTERDOWN|^UNBLOCKED|CLUSTERDOWN|cannot be used with replica|failed to refresh slots/i

const DENIED = /^(NOPERM|NOAUTH|WRONGPASS) |ACL failure in script|user executing the script can't/

/** What Redis has said: of a transaction that it discarded also why, which the driver keeps apart. */
function saidBy(error: Error): Error[] {
  return [error, ...((error as { previousErrors?: Error[] }).previousErrors ?? [])]
}

/** Whether Redis has refused a login, or a command or key to the user that is logged in. */
export function isDenied(error: Error): boolean {
  return saidBy(error).some(({ message }) => DENIED.test(message))
}

/** Whether the driver failed because Redis is away or not ready: it may answer in a moment. */
export function isAway(error: Error): boolean {
  // What has a code already knows better: it may quote the driver of another server.
  return !(error instanceof AgentctlError) && saidBy(error).some(({ message }) => AWAY.test(message))
}

/** REDIS_DENIED when Redis refuses, REDIS_UNREACHABLE when the driver failed because Redis is away or not ready; undefined for other errors. */
export function asUnreachable(error: Error): AgentctlError | undefined {
  if (error instanceof AgentctlError) return undefined
  if (isDenied(error)) return denied(error)
  if (!isAway(error)) return undefined
  return redisError('REDIS_UNREACHABLE', `Redis is away: ${firstLine(error, AWAY)}`, {
    cause: error,
    fix: 'Try again in a moment; /ready says when Redis is back.',
  })
}

/** What Redis says names the command and not what it is about; its first line is enough. */
export function denied(error: Error): AgentctlError {
  return redisError('REDIS_DENIED', firstLine(error, DENIED), { cause: error })
}

function firstLine(error: Error, why: RegExp): string {
  const { message } = saidBy(error).find((said) => why.test(said.message)) ?? error
  return message.split('\n')[0] ?? ''
}
