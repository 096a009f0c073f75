import type { Prompt } from '../provider.ts'

/** Characters of English a token stands for, more or less. */
export const TOKEN = 4

/** Whether a number of tokens that a server reports is one: nobody could add up anything else. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** An estimate, for where nobody counts. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / TOKEN)
}

/** The same for a whole prompt. */
export function countPromptTokens({ system = '', turns }: Prompt): number {
  return turns.reduce((sum, { content }) => sum + countTokens(content), countTokens(system))
}
