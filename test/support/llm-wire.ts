import type { IncomingHttpHeaders } from 'node:http'

export const PIECES = ['Loyalty ', 'programs ', 'reward ', 'customers.']

/** How a local provider answers one request. What is left out is a good answer at once. */
export interface UpstreamStep {
  /** A status other than 200, with the error body of that provider. */
  status?: number
  /** Of that error: its `code` or `type`, `param` and `message`. */
  error?: { code?: string; type?: string; param?: string; message?: string }
  headers?: Record<string, string>
  /** Pieces of the text. */
  pieces?: readonly string[]
  finish?: string
  usage?: { input: number; output: number; cacheRead?: number; cacheWritten?: number }
  /** Milliseconds before the first byte. */
  delay?: number
  /** Never answers. */
  hang?: boolean
  /** After so many pieces: breaks the connection, ends the stream as if complete, sends an error, or falls silent. */
  after?: { pieces: number; ends: 'cut' | 'clean' | 'error' | 'silently' }
  /** Sent instead of an answer, with status 200. */
  raw?: string
}

/** What differs between the providers: bodies and event streams. */
export interface Wire {
  prefix: string
  path: string
  /** The key that is asked for. */
  keyOf(headers: IncomingHttpHeaders): string | undefined
  /** A field that this API does not have. */
  refuses?(body: object): string | undefined
  answer(step: UpstreamStep, model: string): object
  /** Frames of a stream: what comes before the pieces, each piece, and the end with finish reason and usage. */
  frames(step: UpstreamStep, model: string): { head: string; pieces: string[]; tail: string; error: string }
  error(status: number, error: NonNullable<UpstreamStep['error']>): object
  modelUnknown(model: string): NonNullable<UpstreamStep['error']>
}
