import type { Logger } from '../kernel/index.ts'
import type { ChatBody } from './messages.ts'

/** What a handler answers: the ids of the request, and its JSON body as sent. */
export interface ChatInput extends ChatBody {
  feature_id: string
  chat_id: string
}

/** What a handler can know and use while it answers. */
export interface ChatContext {
  /** Aborted when the chat was cancelled, the job timed out or the worker must stop. Pass it to `fetch`. */
  signal: AbortSignal
  /** 1 at first, higher when this answer is tried again after a failure or a crash. */
  attempt: number
  /**
   * How many messages earlier attempts have written. A handler that starts over may ignore it: the first
   * `written` messages it yields are skipped. One that can continue must still yield something for each
   * of them, or use `resume()`.
   */
  written: number
  /**
   * The messages earlier attempts have written, and from now on every yield is a new message: for handlers
   * that continue where the last attempt stopped, such as by giving a model the text so far.
   */
  resume(): Promise<(string | object)[]>
  log: Logger
}

/**
 * The extension point of the product: a module whose default export is one of these answers chats.
 * Every yielded string or object becomes one message of the stream, delivered as it is yielded.
 * Throw a `FatalError` when trying again cannot help; any other error is retried.
 */
export type ChatHandler = (input: ChatInput, context: ChatContext) => AsyncIterable<string | object>
