import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const llmErrors = {
  LLM_PROVIDER_UNKNOWN: {
    kind: 'usage',
    title: 'There is no such provider',
    fix: 'Choose one that `agentctl llm providers` lists.',
  },
  LLM_PROVIDER_UNCONFIGURED: {
    kind: 'usage',
    title: 'The provider is not configured',
    fix: 'Set its key or address: OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_URL.',
  },
  LLM_MODEL_UNKNOWN: {
    kind: 'usage',
    title: 'The provider has no such model',
    fix: 'Name a model that the provider offers to your key.',
  },
  LLM_REQUEST_REFUSED: {
    kind: 'usage',
    title: 'The provider refused the request',
    fix: 'Read what it says in the detail, and correct the request.',
  },
  LLM_KEY_REFUSED: {
    kind: 'upstream',
    title: 'The provider refused the API key',
    fix: 'Check the key of that provider in the environment of the llm role.',
  },
  LLM_RATE_LIMITED: {
    kind: 'limit',
    title: 'The provider allows no more requests for now',
    fix: 'Try again after the time in Retry-After, or add a fallback with --fallback.',
  },
  LLM_UPSTREAM_FAILED: {
    kind: 'upstream',
    title: 'The provider failed',
    fix: 'Try again; `agentctl llm providers` shows which providers are in trouble.',
  },
  LLM_TIMEOUT: {
    kind: 'timeout',
    title: 'The provider did not answer in time',
    fix: 'Try again, ask for fewer tokens, or raise --timeout of the llm role.',
  },
  LLM_CIRCUIT_OPEN: {
    kind: 'unavailable',
    title: 'The provider has failed too often and is left alone for a while',
    fix: 'Wait for the time in Retry-After, or add a fallback with --fallback.',
  },
  LLM_CANCELLED: {
    kind: 'cancelled',
    title: 'The request was given up before it was answered',
    fix: 'Nothing, if the client left on purpose; else look at its time-outs.',
  },
  LLM_API_KEY_REQUIRED: {
    kind: 'auth',
    title: 'The service wants an API key',
    fix: 'Send one of its keys as `Authorization: Bearer KEY` or `x-api-key: KEY`.',
  },
  LLM_QUOTA_EXCEEDED: {
    kind: 'limit',
    title: 'The quota of this key is used up',
    fix: 'Wait for the time in Retry-After, or raise the quota of the llm role.',
  },
  LLM_OVERLOADED: {
    kind: 'unavailable',
    title: 'The service has as many requests as it may have at once',
    fix: 'Try again in a moment, start more replicas, or raise --max-in-flight.',
  },
  LLM_UNREACHABLE: {
    kind: 'unavailable',
    title: 'No LLM service could be reached',
    fix: 'Start one with `agentctl llm` or `agentctl serve`; `agentctl ps` shows what runs.',
  },
} as const satisfies ErrorTable

export const llmError = errorsOf(llmErrors)
