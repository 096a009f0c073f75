import type { NewRule } from '../../runtime/campaigns/messages.ts'
import { kernelError } from '../../runtime/kernel/index.ts'

type RewardInput = NewRule['reward']

const DECIMAL = String.raw`\d+(?:\.\d+)?`
const PERCENT = new RegExp(`^(${DECIMAL})\\s*%(?:\\s*<=\\s*(${DECIMAL}))?$`)
const FIXED = new RegExp(`^${DECIMAL}$`)

/**
 * A reward as it is written on the command line: `2.50`, `5%`, or `5%<=20` for no more than 20.
 * @throws AgentctlError CONFIG_INVALID
 */
export function parseReward(text: string): RewardInput {
  const given = text.trim()
  if (FIXED.test(given)) return { type: 'fixed', amount: given }
  const [, percent, most] = PERCENT.exec(given) ?? []
  if (percent === undefined) {
    const detail = `--reward: "${text}" is no reward such as 2.50, 5% or "5%<=20"`
    throw kernelError('CONFIG_INVALID', detail, { field: 'reward' })
  }
  return { type: 'percent', percent, ...(most === undefined ? {} : { most }) }
}

/** The same way back. */
export function rewardText(
  reward: RewardInput | { type: 'percent'; percent: string; most?: string | undefined },
): string {
  if (reward.type === 'fixed') return reward.amount
  return `${reward.percent}%${reward.most === undefined ? '' : `<=${reward.most}`}`
}
