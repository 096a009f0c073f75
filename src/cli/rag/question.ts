import type { Question } from '../../runtime/rag/client.ts'

interface QuestionFlags {
  user?: string | undefined
  'top-k'?: number | undefined
  provider?: string | undefined
  model?: string | undefined
  cache: boolean
  /** Milliseconds. */
  timeout?: number | undefined
}

/** What is asked; what was not given is left to the gateway. */
export function questionOf(text: string, flags: QuestionFlags): Question {
  const given = {
    user: flags.user,
    top_k: flags['top-k'],
    provider: flags.provider,
    model: flags.model,
    timeout_ms: flags.timeout,
    use_cache: flags.cache ? undefined : false,
  }
  const named = Object.entries(given).filter(([, value]) => value !== undefined)
  return { query: text, ...Object.fromEntries(named) }
}
