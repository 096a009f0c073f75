import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const loadtestErrors = {
  LOADTEST_OPTION_INVALID: {
    kind: 'usage',
    title: 'The load test cannot be run as it is asked for',
    fix: 'Correct the flag that is named; see `agentctl loadtest --help`.',
  },
  LOADTEST_THRESHOLD_INVALID: {
    kind: 'usage',
    title: 'The threshold cannot be understood',
    fix: "Write it as 'p99<500ms', 'errors<1%', 'rate>100' or 'first_token.p95<1s'.",
  },
  LOADTEST_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The target of the load test cannot be reached',
    fix: 'Start it, for instance with `agentctl serve`, or name another one with --gateway-url.',
  },
  LOADTEST_FILE_INVALID: {
    kind: 'usage',
    title: 'The file cannot be used by the load test',
    fix: 'Check that the file exists, can be read, and holds what the flag that is named expects.',
  },
  LOADTEST_RESULT_INVALID: {
    kind: 'usage',
    title: 'The file holds no result of a load test',
    fix: 'Give a file that was written with `agentctl loadtest --out FILE` by this version.',
  },
  LOADTEST_NOT_COMPARABLE: {
    kind: 'usage',
    title: 'The two results are of different load tests',
    fix: 'Run it with the same settings as the earlier one, or write a new result to compare with by --out.',
  },
} as const satisfies ErrorTable

export const loadtestError = errorsOf(loadtestErrors)
