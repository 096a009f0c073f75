import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const chatErrors = {
  CHAT_BUSY: {
    kind: 'conflict',
    title: 'This chat is still answering something else',
    fix: 'Read the answer under way with a request without a body, or cancel it with DELETE first.',
  },
  CHAT_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such chat',
    fix: 'Start it with POST /stream; a finished chat is forgotten 60 s after its last message.',
  },
  CHAT_FOREIGN: {
    kind: 'conflict',
    title: 'This chat is not written by a worker of ours',
    fix: 'Stop the program that writes it, or delete the stream in Redis.',
  },
  CHAT_FINISHED: {
    kind: 'conflict',
    title: 'This chat has finished already',
    fix: 'There is nothing to cancel.',
  },
  CHAT_RESERVED: {
    kind: 'conflict',
    title: 'Chats of this feature are not started here',
    fix: 'Start one with POST /query?stream=1; read it again with GET /stream and no body.',
  },
  CHAT_CURSOR_INVALID: {
    kind: 'usage',
    title: 'The id to resume after is not one of this service',
    fix: 'Send back the id of the last frame received, such as 1732153000000-7.',
  },
  CHAT_CANCELLED: {
    kind: 'cancelled',
    title: 'The chat was cancelled',
    fix: 'Start it again with POST /stream.',
  },
  CHAT_HANDLER_FAILED: {
    kind: 'upstream',
    title: 'The handler failed',
    fix: 'Look at the log of the worker for the handler’s stack trace.',
  },
  CHAT_TIMEOUT: {
    kind: 'timeout',
    title: 'The handler took too long',
    fix: 'Give it longer with `agentctl worker --job-timeout`, or make it faster.',
  },
  CHAT_TOO_LONG: {
    kind: 'limit',
    title: 'The handler wrote more messages than a chat may have',
    fix: 'End the generator sooner; the limit is there so that one chat cannot fill Redis.',
  },
  CHAT_MESSAGE_INVALID: {
    kind: 'bug',
    title: 'The handler yielded something that is not a message',
    fix: 'Yield strings, or objects that JSON can hold, of at most 1 MiB each.',
  },
  CHAT_NO_WORKER: {
    kind: 'unavailable',
    title: 'No worker is running',
    fix: 'Start one with `agentctl worker`; the job is kept and runs as soon as one is there.',
  },
  CHAT_LOST: {
    kind: 'unavailable',
    title: 'The end of this chat was lost',
    fix: 'Start it again with POST /stream.',
  },
  CHAT_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The gateway cannot be reached',
    fix: 'Start it with `agentctl serve`, or name another one with --gateway-url.',
  },
  CHAT_URL_INVALID: {
    kind: 'usage',
    title: 'The address of the gateway cannot be used',
    fix: 'Give one such as http://127.0.0.1:8000 with --gateway-url.',
  },
  CHAT_HANDLER_MISSING: {
    kind: 'usage',
    title: 'The handler cannot be loaded',
    fix: 'Give --handler the path of a module that exists and loads; `node FILE` shows its errors.',
  },
  CHAT_HANDLER_INVALID: {
    kind: 'usage',
    title: 'The handler module has no usable default export',
    fix: 'Export an async generator as default: `export default async function* (input, ctx) { yield "…" }`.',
  },
} as const satisfies ErrorTable

export const chatError = errorsOf(chatErrors)
