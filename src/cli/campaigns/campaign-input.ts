import type { z } from 'zod'
import {
  type CampaignChange,
  campaignChange,
  type NewCampaign,
  type NewRule,
  newCampaign,
} from '../../runtime/campaigns/messages.ts'
import { kernelError } from '../../runtime/kernel/index.ts'
import { defined, issueText } from './rule-input.ts'

/** What both `create` and `update` take. */
export interface CampaignFlags {
  description?: string | undefined
  budget?: string | undefined
  'budget-per-user'?: string | undefined
  starts?: string | undefined
  ends?: string | undefined
  matching?: string | undefined
  status?: string | undefined
}

const FLAG_OF: Readonly<Record<string, string>> = {
  name: 'NAME',
  description: '--description',
  budget: '--budget',
  budget_per_user: '--budget-per-user',
  starts_at: '--starts',
  ends_at: '--ends',
  matching: '--matching',
  status: '--status',
  currency: '--currency',
}

/** What takes a limit away again. */
const NONE = 'none'

/**
 * The campaign that flags describe.
 * @throws AgentctlError CONFIG_INVALID that names the flag
 */
export function campaignOf(
  name: string,
  flags: CampaignFlags & { currency?: string | undefined },
  rules: readonly NewRule[],
): NewCampaign {
  return checked(newCampaign, { name, ...given(flags), currency: flags.currency, rules })
}

/** What is to be changed. @throws AgentctlError CONFIG_INVALID */
export function changeOf(flags: CampaignFlags & { name?: string | undefined }): CampaignChange {
  const change = defined({ name: flags.name, ...given(flags) })
  if (Object.keys(change).length > 0) return checked(campaignChange, change)
  throw kernelError('CONFIG_INVALID', 'nothing is named that is to be changed', {
    fix: 'Give at least one of --status, --budget, --ends and the others; see `agentctl campaign update --help`.',
  })
}

function given(flags: CampaignFlags): Record<string, unknown> {
  const orNull = (text: string | undefined) => (text === NONE ? null : text)
  return {
    description: orNull(flags.description),
    status: flags.status,
    starts_at: timeOf(flags.starts),
    ends_at: timeOf(flags.ends),
    matching: flags.matching,
    budget: orNull(flags.budget),
    budget_per_user: orNull(flags['budget-per-user']),
  }
}

/** A date alone is its beginning in UTC. */
function timeOf(text: string | undefined): string | null | undefined {
  if (text === NONE) return null
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
}

function checked<S extends z.ZodType>(schema: S, value: object): z.output<S> {
  const parsed = schema.safeParse(defined(value))
  if (parsed.success) return parsed.data
  const path = parsed.error.issues[0]?.path ?? []
  const flag = path.length === 1 ? FLAG_OF[String(path[0])] : undefined
  const detail =
    flag === undefined ? issueText(parsed.error) : `${flag}: ${parsed.error.issues[0]?.message ?? ''}`
  throw kernelError('CONFIG_INVALID', detail, { field: flag?.replace(/^--/, '') ?? String(path[0] ?? '') })
}
