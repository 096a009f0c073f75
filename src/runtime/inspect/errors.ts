import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const inspectErrors = {
  STREAM_NOT_FOUND: {
    kind: 'not_found',
    title: 'No such stream',
    fix: 'See what there is with `agentctl tail stream`, or wait for it with --follow.',
  },
  STREAM_WRONG_TYPE: {
    kind: 'usage',
    title: 'The key does not hold a stream',
    fix: 'Name the key of a stream.',
  },
  TAIL_START_INVALID: {
    kind: 'usage',
    title: 'The place to start from cannot be understood',
    fix: 'Use --from first, --from new, --from with an entry id such as 1732153000000-0, or --since 10m.',
  },
  TAIL_FILTER_INVALID: {
    kind: 'usage',
    title: 'The filter cannot be understood',
    fix: 'Write it as --filter FIELD=VALUE; --grep takes a regular expression.',
  },
} as const satisfies ErrorTable

export const inspectError = errorsOf(inspectErrors)
