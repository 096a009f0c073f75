import { Args, type Interfaces } from '@oclif/core'
import { z } from 'zod'
import { campaignsClientSettings } from '../../runtime/campaigns/settings.ts'
import {
  clientSettings,
  contextSettings,
  databaseSettings,
  redisSettings,
} from '../../runtime/kernel/index.ts'
import { flagsOf, toValues } from '../flags.ts'
import { llmClient } from '../llm/llm-flags.ts'

/** For commands that need to know nothing but the context. */
export const contextOnly = z.object(contextSettings)

export const contextArg = Args.string({ description: 'Name of the context', required: true })

/** What may be kept in a context, as the settings describe it. */
const kept = z.object({
  redisUrl: redisSettings.redisUrl,
  databaseUrl: databaseSettings.databaseUrl,
  dbPassword: databaseSettings.dbPassword,
  gatewayUrl: clientSettings.gatewayUrl,
  apiKey: clientSettings.apiKey,
  ...campaignsClientSettings,
  llmUrl: llmClient.shape.llmUrl,
  llmApiKey: llmClient.shape.llmApiKey,
})

/** A flag for each. What the environment holds has no say in what is kept, so the descriptions do not mention it. */
export const keptFlags: Interfaces.FlagInput = Object.fromEntries(
  Object.entries(flagsOf(kept)).map(([name, flag]) => [
    name,
    { ...flag, description: String(flag.description).replace(/ (\[|\(default).*$/, '') },
  ]),
)

/** What the flags say, under the names of the settings; nothing else is taken from anywhere. */
export function keptValues(flags: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(toValues(flags)).filter(
    ([key, value]) => key in kept.shape && typeof value === 'string',
  )
  return Object.fromEntries(given) as Record<string, string>
}

/** The schema with which they are checked before they are kept. */
export const keptSettings = kept
