import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const campaignsErrors = {
  CAMPAIGNS_UNAUTHORIZED: {
    kind: 'auth',
    title: 'The campaigns service does not know this user or password',
    fix: 'Set API_USERNAME and API_PASSWORD to those the service was started with.',
  },
  CAMPAIGNS_PASSWORD_WEAK: {
    kind: 'usage',
    title: 'The service would be open to everybody who reaches it',
    fix: 'Set API_PASSWORD to a password of your own, or listen on 127.0.0.1 only.',
  },
  CAMPAIGNS_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The campaigns service does not answer',
    fix: 'Start it with `agentctl serve` or `agentctl campaigns`, or set DEMO_DOMAIN_URL to where it is.',
  },
  CAMPAIGNS_TIMEOUT: {
    kind: 'timeout',
    title: 'The campaigns service took too long',
    fix: 'Look at its log and at `/ready`; try again.',
  },
  CAMPAIGN_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such campaign',
    fix: 'See them all with `agentctl campaign ls`.',
  },
  CAMPAIGN_INVALID: {
    kind: 'usage',
    status: 422,
    title: 'The campaign cannot be as it is described',
    fix: 'Correct the field that is named.',
  },
  CAMPAIGN_FILE_INVALID: {
    kind: 'usage',
    title: 'The file, or what was given in its place, cannot be used',
    fix: 'Correct what is named; `agentctl campaign events import --help` and `agentctl campaign rule test --help` show what files look like.',
  },
  CAMPAIGN_CONFLICT: {
    kind: 'conflict',
    title: 'This idempotency key was used for something else',
    fix: 'Use a new key for a new campaign or rule.',
  },
  CAMPAIGN_BUDGET_SPENT: {
    kind: 'conflict',
    title: 'More has been spent already than this budget',
    fix: 'Give a budget of at least what has been spent; see `agentctl campaign show`.',
  },
  CAMPAIGN_RULE_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such rule',
    fix: 'See the rules of a campaign with `agentctl campaign show`.',
  },
  CAMPAIGN_EVENT_INVALID: {
    kind: 'usage',
    status: 422,
    title: 'The event cannot be registered',
    fix: 'Correct the field that is named.',
  },
  CAMPAIGN_EVENT_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such event',
    fix: 'Use the event_id that the registration has answered.',
  },
  CAMPAIGN_EVENT_CONFLICT: {
    kind: 'conflict',
    title: 'Another event was registered under this id',
    fix: 'Give each event an id of its own; a repeat of the same event is no conflict.',
  },
  EARNING_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such earning',
    fix: 'See them with `agentctl campaign earnings`.',
  },
  EARNING_REVERSED: {
    kind: 'conflict',
    title: 'The earning was reversed already, or is itself a reversal',
    fix: 'Nothing is left to reverse.',
  },
  CONFIGURATION_KEY_MISSING: {
    kind: 'environment',
    status: 409,
    title: 'There is no key to encrypt or decrypt secrets with',
    fix: 'Set AGENTCTL_CONFIG_KEY, for example to the output of `openssl rand -base64 32`, and start the service again.',
  },
  CONFIGURATION_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such entry of the configuration',
    fix: 'See the names with `GET /configuration`.',
  },
} as const satisfies ErrorTable

export const campaignsError = errorsOf(campaignsErrors)
