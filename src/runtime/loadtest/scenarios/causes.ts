import { jsonOf } from './answer-reader.ts'

/** The codes of our own problem documents. Whatever else a server writes there would not group anything. */
const CODE = /^[A-Z][A-Z0-9_]{2,63}$/

/** Why a request counts as failed that was answered: `HTTP 503 QUERY_NO_REPLICA`. */
export function causeOfStatus(status: number, body: string): string {
  const code = codeOf(jsonOf(body))
  return code === undefined ? `HTTP ${status}` : `HTTP ${status} ${code}`
}

/** Of the problem that an `event: error` carries. */
export function causeOfProblem(data: string): string {
  return `error ${codeOf(jsonOf(data)) ?? 'without a code'}`
}

function codeOf(problem: Record<string, unknown> | undefined): string | undefined {
  const code = problem?.code
  return typeof code === 'string' && CODE.test(code) ? code : undefined
}

/** What is under way when a run ends. */
export const ENDED = 'ended by the client'
export const TIMEOUT = 'timeout'
