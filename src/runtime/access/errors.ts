import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const accessErrors = {
  ACCESS_KEY_REQUIRED: {
    kind: 'auth',
    title: 'The gateway wants an API key',
    fix: 'Send it as `Authorization: Bearer KEY`; commands take it from AGENTCTL_API_KEY. Make one with `agentctl keys create`.',
  },
  ACCESS_KEY_INVALID: {
    kind: 'auth',
    title: 'The API key is not valid',
    fix: 'Compare it with the one that was shown when it was made; `agentctl keys ls` lists the keys there are.',
  },
  ACCESS_KEY_ENDED: {
    kind: 'auth',
    title: 'The API key is valid no more',
    fix: 'Make a new one with `agentctl keys create`.',
  },
  ACCESS_DENIED: {
    kind: 'auth',
    status: 403,
    title: 'The API key does not allow this',
    fix: 'Use a key that has the scope which is named: `agentctl keys create --scope SCOPE`.',
  },
  ACCESS_LIMIT: {
    kind: 'limit',
    title: 'The API key has used up its limit',
    fix: 'Try again after the time in Retry-After, or make a key with a higher limit.',
  },
  ACCESS_UNAVAILABLE: {
    kind: 'unavailable',
    title: 'API keys cannot be checked',
    fix: 'Try again in a moment: Redis, which knows the keys, is away; /ready says when it is back.',
  },
  ACCESS_KEY_UNKNOWN: {
    kind: 'not_found',
    title: 'There is no such API key',
    fix: 'See them with `agentctl keys ls`; a key is named by its id, the part between `ak_` and the next `_`.',
  },
  ACCESS_OPTION_INVALID: {
    kind: 'usage',
    title: 'The API key cannot be made like that',
    fix: 'Look at `agentctl keys create --help`.',
  },
} as const satisfies ErrorTable

export const accessError = errorsOf(accessErrors)
