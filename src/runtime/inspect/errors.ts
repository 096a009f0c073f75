import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const inspectErrors = {
  STREAM_NOT_FOUND: {
    kind: 'not_found',
    title: 'No such stream',
    fix: 'See what there is with `agentctl stream ls --all`, or wait for it with `agentctl tail stream --follow`.',
  },
  GROUP_NOT_FOUND: {
    kind: 'not_found',
    title: 'No such consumer group',
    fix: 'See what there is with `agentctl group ls`.',
  },
  CONSUMER_NOT_FOUND: {
    kind: 'not_found',
    title: 'No such consumer',
    fix: 'See what there is with `agentctl group info STREAM GROUP`.',
  },
  GROUP_IN_USE: {
    kind: 'conflict',
    title: 'The group is in use',
    fix: 'Stop its consumers and let them finish what is pending, or remove it all the same with --force.',
  },
  CONSUMER_IN_USE: {
    kind: 'conflict',
    title: 'The consumer has pending entries, which would be forgotten',
    fix: 'Give them to another one with `agentctl group claim`, or drop them with --force.',
  },
  GROUP_PLACE_INVALID: {
    kind: 'usage',
    title: 'The place in the stream cannot be understood',
    fix: 'Use --to first, --to new, an entry id such as 1732153000000-0, or a time such as 2026-11-21T12:00:00Z.',
  },
  ENTRY_ID_INVALID: {
    kind: 'usage',
    title: 'The entry id cannot be understood',
    fix: 'Write it as 1732153000000-0; `agentctl group pending STREAM GROUP -o name` lists ids.',
  },
  TRIM_LIMIT_MISSING: {
    kind: 'usage',
    title: 'Nothing says how much to keep',
    fix: 'Give --max-length, --max-age, or both.',
  },
  COPY_ONTO_ITSELF: {
    kind: 'usage',
    title: 'A stream cannot be copied onto itself',
    fix: 'Name another key to copy to; it is made if there is none.',
  },
  CONFIRMATION_NEEDED: {
    kind: 'confirmation',
    title: 'This must be confirmed, and there is no terminal to ask on',
    fix: 'See what would happen with --dry-run, then repeat it with --yes.',
  },
  CONFIRMATION_DECLINED: {
    kind: 'confirmation',
    title: 'Not confirmed',
    fix: 'Answer the question with what it asks for, or give --yes.',
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
