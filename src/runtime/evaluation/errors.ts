import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const evaluationErrors = {
  EVAL_UNKNOWN: {
    kind: 'not_found',
    title: 'There is no such evaluation',
    fix: 'List evaluations with `agentctl eval ls`.',
  },
  EVAL_CODE_TOO_LARGE: {
    kind: 'usage',
    status: 413,
    title: 'The code is larger than is allowed',
    fix: 'Submit at most 262144 bytes of code; give data on stdin.',
  },
  EVAL_LANGUAGE_UNKNOWN: {
    kind: 'usage',
    status: 422,
    title: 'There is no such language',
    fix: 'Choose python, javascript or typescript.',
  },
  EVAL_QUEUE_FULL: {
    kind: 'limit',
    title: 'As many evaluations wait as may wait',
    fix: 'Wait for the time in Retry-After; start more executors, or raise --eval-queue-limit of the gateway.',
  },
  EVAL_FINISHED: {
    kind: 'conflict',
    title: 'The evaluation has come to its end already',
    fix: 'Look at it with `agentctl eval status`.',
  },
  EVAL_KEY_REUSED: {
    kind: 'conflict',
    title: 'This Idempotency-Key was used for another submission',
    fix: 'Send each submission with a key of its own; the same key repeats the same submission.',
  },
  EVAL_FILE_INVALID: {
    kind: 'usage',
    title: 'The program cannot be read',
    fix: 'Name a file that this user may read, or - for stdin.',
  },
  EVAL_CURSOR_INVALID: {
    kind: 'usage',
    title: 'The place in the list cannot be understood',
    fix: 'Give the `next` of the page before as it was, or leave `after` out to begin with the newest.',
  },
  EVAL_ROWS_AWAY: {
    kind: 'unavailable',
    title: 'The database with the evaluations cannot be reached',
    fix: 'Start `agentctl serve`, or set DATABASE_URL of the gateway; see its log.',
  },
  EVAL_URL_INVALID: {
    kind: 'usage',
    title: 'The address of the gateway cannot be used',
    fix: 'Give it as http://HOST:PORT with --gateway-url or AGENTCTL_GATEWAY_URL.',
  },
  EVAL_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The gateway does not answer',
    fix: 'Start it with `agentctl serve`, or name another with --gateway-url.',
  },
} as const satisfies ErrorTable

export const evaluationError = errorsOf(evaluationErrors)
