import { Args, Flags } from '@oclif/core'
import { z } from 'zod'
import { campaignsClientSettings } from '../../runtime/campaigns/settings.ts'
import { contextSettings, kernelError, redisSettings, stateSettings } from '../../runtime/kernel/index.ts'
import { flagsOf } from '../flags.ts'

/** How the commands find the campaigns service, and who they are to it. */
export const campaignsClient = z.object({
  ...campaignsClientSettings,
  ...redisSettings,
  ...stateSettings,
  ...contextSettings,
})

export const campaignsFlags = flagsOf(campaignsClient)

/** The number of something, such as `CAMPAIGN`. */
export const idArg = (name: string, description: string) =>
  Args.custom<number>({
    description,
    required: true,
    parse: async (text) => {
      const id = Number(text)
      if (/^\d+$/.test(text) && id > 0 && Number.isSafeInteger(id)) return id
      throw kernelError('CONFIG_INVALID', `${name}: ${JSON.stringify(text)} is no id such as 1`, {
        field: name.toLowerCase(),
      })
    },
  })({ required: true })

export const campaignArg = idArg('CAMPAIGN', 'Id of the campaign')

const STATUS = ['draft', 'active', 'paused', 'ended'] as const
export const statusFlag = (description: string) =>
  Flags.option({ options: STATUS, char: 's' })({ description })

/** What a campaign is made of beside its name. */
export const termFlags = {
  budget: Flags.string({
    description: 'The most that all earnings may come to, or none',
    helpValue: '<amount>',
  }),
  'budget-per-user': Flags.string({
    description: 'The most that the earnings of one user may come to, or none',
    helpValue: '<amount>',
  }),
  starts: Flags.string({
    description:
      'First moment whose events count: a date in UTC, a time such as 2026-03-01T09:00:00+01:00, or none',
    helpValue: '<time>',
  }),
  ends: Flags.string({
    description: 'First moment whose events count no more; to include 31 March give 2026-04-01',
    helpValue: '<time>',
  }),
  matching: Flags.option({ options: ['first_match', 'stackable'] as const })({
    description:
      'Whether an event earns by the first rule that matches, or by every one [default: first_match]',
  }),
}

/** A rule on the command line. */
export const ruleFlags = {
  where: Flags.string({
    description: 'Condition of a rule as JSON, such as {"amount":{"$gte":100}}',
    helpValue: '<json>',
  }),
  reward: Flags.string({
    description: 'What that rule earns: 2.50, 5% of the amount, or "5%<=20" for no more than 20',
    helpValue: '<amount|percent>',
  }),
}

export const keyFlag = Flags.string({
  description: 'Idempotency key: a repeat under the same one makes nothing new',
  helpValue: '<key>',
})
