import { type CacheKeyForm, cacheKeyOf } from '../cache/key.ts'
import type { GenerateBody } from '../messages.ts'
import type { Prompt } from '../provider.ts'
import type { Choice, Router } from '../routing/router.ts'
import { promptOf } from './ask.ts'

/** A request, understood. */
export interface Question {
  choice: Choice
  prompt: Prompt
  tenant: string
  /** Name of the provider that is asked first. */
  provider: string
  /** Under which the answer is kept; undefined where the cache is not to be used. */
  digest: string | undefined
  /** Milliseconds the answer may take. */
  timeout: number
  /** As `performance.now()` counts. */
  started: number
}

export interface QuestionRules {
  router: Router
  /** Undefined: there is no cache. */
  keyForm: CacheKeyForm | undefined
  /** Milliseconds for a request that does not say how long it may take. */
  timeout: number
}

/** @throws AgentctlError for a provider that is unknown or not configured, and for what cannot be asked */
export function questionOf(
  body: GenerateBody,
  tenant: string,
  { router, keyForm, timeout }: QuestionRules,
): Question {
  const choice = {
    ...(body.provider === undefined ? {} : { provider: body.provider }),
    ...(body.model === undefined ? {} : { model: body.model }),
  }
  const { provider, model } = router.resolve(choice)
  const prompt = promptOf(body, model)
  const usesCache = body.use_cache && keyForm !== undefined
  return {
    choice,
    prompt,
    tenant,
    provider: provider.name,
    digest: usesCache
      ? cacheKeyOf({ tenant, provider: provider.name, origin: provider.origin, prompt }, keyForm)
      : undefined,
    timeout: body.timeout_ms ?? timeout,
    started: performance.now(),
  }
}
