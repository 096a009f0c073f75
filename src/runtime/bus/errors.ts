import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const busErrors = {
  EVENT_TYPE_INVALID: {
    kind: 'usage',
    title: 'The event type is not allowed',
    fix: 'Use lower-case words, digits, - and _, separated by dots, such as task.created; at most 200 characters.',
  },
  EVENT_ID_INVALID: {
    kind: 'usage',
    title: 'The event id is not allowed',
    fix: 'Use up to 128 letters, digits and . _ -, such as a UUID; leave it out to get one.',
  },
  EVENT_DATA_INVALID: {
    kind: 'usage',
    title: 'The data of the event cannot be published',
    fix: 'Correct the field that is named; `agentctl event schema TYPE` prints what the type demands.',
  },
  EVENT_TOO_LARGE: {
    kind: 'usage',
    status: 413,
    title: 'The event is too large',
    fix: 'Keep the data below 1 MB of JSON: store the payload elsewhere and publish where it is.',
  },
  EVENT_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such event',
    fix: 'List the ids with `agentctl event history TYPE` or `agentctl dlq show TYPE`.',
  },
  EVENT_NOT_DURABLE: {
    kind: 'unavailable',
    title: 'The event is published, but not confirmed by as many servers as demanded',
    fix: 'Publish again with the same event id: it is not stored twice. Check the replicas with `INFO replication`.',
  },
  EVENT_DURABILITY_UNSUPPORTED: {
    kind: 'environment',
    title: 'This Redis cannot confirm what was demanded',
    fix: 'Confirmation by append-only file needs Redis 7.2 or later; demand replicas instead.',
  },
  EVENT_REQUEST_TIMEOUT: {
    kind: 'timeout',
    title: 'Nobody replied in time',
    fix: 'Check that a consumer runs (`agentctl group info TYPE GROUP`), or give it longer.',
  },
  EVENT_REQUEST_FAILED: {
    kind: 'upstream',
    title: 'The responder failed',
    fix: 'The detail is the responder’s own; look at its log and at `agentctl dlq show TYPE`.',
  },
  EVENT_REPLAY_STOPPED: {
    kind: 'upstream',
    title: 'A handler failed during a replay',
    fix: 'Correct the handler and replay from the entry that is named, or go on after failures with --keep-going.',
  },
  EVENT_CURSOR_INVALID: {
    kind: 'usage',
    title: 'The place in the stream cannot be understood',
    fix: 'Give an entry id such as 1732153000000-0, or a time such as 2026-11-21T12:00:00Z.',
  },
  SCHEMA_INVALID: {
    kind: 'usage',
    title: 'The schema cannot be used',
    fix: 'Register a zod type or a JSON Schema (draft 2020-12 or 07).',
  },
  SCHEMA_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such schema',
    fix: 'List types and versions with `agentctl event schema`.',
  },
  BUS_STATE: {
    kind: 'bug',
    title: 'The event bus is not in a state for this',
    fix: 'Subscribe before or after start(), start once, and use nothing after close().',
  },
  EVENT_HANDLER_INVALID: {
    kind: 'usage',
    title: 'The event handler cannot be used',
    fix: 'Give --handler a module whose default export is a function (data, context), or --exec a command.',
  },
} as const satisfies ErrorTable

export const busError = errorsOf(busErrors)
