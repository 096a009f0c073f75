import type { Prompt } from '../provider.ts'

/** Characters of English a token stands for, more or less. */
export const TOKEN = 4

/** An estimate, for where nobody counts. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / TOKEN)
}

/** The same for a whole prompt. */
export function countPromptTokens({ system = '', turns }: Prompt): number {
  return turns.reduce((sum, { content }) => sum + countTokens(content), countTokens(system))
}
