import type { ProviderKind } from './kind.ts'
import { createOpenAiCompatible } from './openai-compatible.ts'

const OFFICIAL = 'https://api.openai.com/v1'

/** OpenAI itself, or with OPENAI_BASE_URL anything that speaks like it, which need not want a key. */
export const openai: ProviderKind = {
  name: 'openai',
  label: 'OpenAI',
  needs: 'OPENAI_API_KEY',
  make({ openaiApiKey: key, openaiUrl, openaiModel: defaultModel }, tools) {
    if (key === undefined && openaiUrl === undefined) return undefined
    const url = openaiUrl ?? OFFICIAL
    const official = /(^|\.)openai\.(com|azure\.com)$/.test(new URL(url).hostname)
    return createOpenAiCompatible({
      ...tools,
      name: 'openai',
      label: 'OpenAI',
      defaultModel,
      url,
      key,
      official,
    })
  },
}
