import { AgentctlError, messageOf } from '../../kernel/index.ts'
import { type HeaderSource, parseRetryAfter } from '../../resilience/index.ts'
import { llmError } from '../errors.ts'

/** What the errors of both SDKs have in common; told by shape, so that neither SDK has to be loaded for it. */
interface SdkError {
  status?: number | undefined
  headers?: HeaderSource | undefined
  /** OpenAI: `insufficient_quota`. */
  code?: string | null | undefined
  /** Both name the sort of error that comes within a stream: `overloaded_error`. */
  type?: string | null | undefined
}

export interface ErrorPlace {
  label: string
  model: string
  signal: AbortSignal
  /** Never repeated, neither to callers nor in logs, whatever a provider says. */
  key?: string | undefined
}

/** Characters of a provider's message that are passed on. */
const LONGEST = 500
/** An account without credit stays so for a while: milliseconds after which asking again may help. */
const NO_CREDIT = 3_600_000

type Code = Parameters<typeof llmError>[0]

/** What an SDK has thrown, in the room's own terms. An aborted request ends with the reason of its signal. */
export function toLlmError(error: unknown, place: ErrorPlace): unknown {
  if (place.signal.aborted) return place.signal.reason
  if (error instanceof AgentctlError) return error
  const sdk = (error ?? {}) as SdkError
  const code = codeOf(sdk)
  const retryAfter = retryAfterOf(sdk)
  const said = reasonOf(error)
  const reason = withoutKeys(said, place.key)
  return llmError(code, detailOf(reason, code, place), {
    // The log tells the cause with the error: one that repeats a key stays here.
    ...(reason === said ? { cause: error } : {}),
    ...(code === 'LLM_MODEL_UNKNOWN' ? { field: 'model' } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

function codeOf({ status, type, code }: SdkError): Code {
  if (status === undefined) return codeOfType(type ?? code)
  if (status === 401 || status === 402 || status === 403) return 'LLM_KEY_REFUSED'
  if (status === 404) return 'LLM_MODEL_UNKNOWN'
  if (status === 429) return 'LLM_RATE_LIMITED'
  if (status === 408 || status === 409 || status >= 500 || status < 400) return 'LLM_UPSTREAM_FAILED'
  return 'LLM_REQUEST_REFUSED'
}

/** Of an error that came within a stream, after its status had been sent. */
function codeOfType(type: string | null | undefined): Code {
  if (type === 'rate_limit_error' || type === 'rate_limit_exceeded') return 'LLM_RATE_LIMITED'
  if (type === 'invalid_request_error') return 'LLM_REQUEST_REFUSED'
  return 'LLM_UPSTREAM_FAILED'
}

function retryAfterOf({ status, code, headers }: SdkError): number | undefined {
  if (status === 429 && code === 'insufficient_quota') return NO_CREDIT
  return status === 429 || status === 503 || status === 529 ? parseRetryAfter(headers) : undefined
}

function detailOf(reason: string, code: Code, { label, model }: ErrorPlace): string {
  const about = code === 'LLM_MODEL_UNKNOWN' ? `${label}, model "${model}"` : label
  return `${about}: ${reason.slice(0, LONGEST)}`
}

/** The SDKs say "Connection error." and keep what happened as the cause. */
function reasonOf(error: unknown): string {
  const { cause, status } = error as { cause?: unknown; status?: number }
  if (status === undefined && cause instanceof Error) return reasonOf(cause)
  const code = (error as { code?: unknown }).code
  return messageOf(error) || String(code ?? 'no answer')
}

/** OpenAI repeats a part of a wrong key; a proxy may repeat all of it. */
function withoutKeys(text: string, key: string | undefined): string {
  const hidden = key ? text.replaceAll(key, '[key]') : text
  return hidden.replace(/\b(sk|key|pk)-[\w*.-]{4,}/gi, '[key]')
}
