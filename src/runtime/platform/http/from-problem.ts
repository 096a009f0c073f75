import { AgentctlError, type ErrorKind, type Problem } from '../../kernel/index.ts'

const KIND_OF_STATUS: Record<number, ErrorKind> = {
  400: 'usage',
  401: 'auth',
  403: 'auth',
  404: 'not_found',
  405: 'usage',
  409: 'conflict',
  413: 'usage',
  415: 'usage',
  421: 'usage',
  422: 'usage',
  428: 'confirmation',
  429: 'limit',
  499: 'cancelled',
  500: 'bug',
  503: 'unavailable',
  504: 'timeout',
}

/**
 * An error of the other side, as far as a problem document tells.
 * @param retryAfter milliseconds, from the header
 */
export function fromProblem(problem: Problem, retryAfter?: number): AgentctlError {
  const kind = KIND_OF_STATUS[problem.status] ?? 'upstream'
  const spec = { kind, title: problem.title, fix: problem.fix ?? '', status: problem.status }
  return new AgentctlError(problem.code, spec, problem.detail, {
    ...(problem.field === undefined ? {} : { field: problem.field }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}
