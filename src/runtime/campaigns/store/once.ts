import { createHash } from 'node:crypto'
import { campaignsError } from '../errors.ts'
import type { NewCampaign } from '../messages.ts'

/** A key under which something is made once, and what was asked for under it. */
export interface Once {
  key: string
  hash: string
}

/**
 * @param asked what was asked for, after it was checked: the same however its fields were ordered, but for those of conditions,
 *   where the order may matter
 */
export function onceOf(key: string | undefined, asked: unknown): Once | undefined {
  if (key === undefined) return undefined
  return { key, hash: createHash('sha256').update(JSON.stringify(asked)).digest('hex') }
}

/** What makes a campaign another one. A description that nobody has written by hand is another one with each try. */
export function identityOf(campaign: NewCampaign): object {
  const { description, description_source: source, ...facts } = campaign
  return source === 'llm' || source === 'template' ? facts : { ...facts, description }
}

/** @throws AgentctlError CAMPAIGN_CONFLICT when something else was asked for under the key before */
export function sameAsBefore({ key, hash }: Once, before: string | null, what: string): void {
  if (hash === before) return
  throw campaignsError('CAMPAIGN_CONFLICT', `${what} was made under the key ${key}, from another request`, {
    field: 'header.idempotency-key',
  })
}
