import type { ProviderKind } from './kind.ts'
import { createOpenAiCompatible } from './openai-compatible.ts'

/** Ollama through its OpenAI-compatible API. */
export const ollama: ProviderKind = {
  name: 'ollama',
  label: 'Ollama',
  needs: 'OLLAMA_URL',
  make({ ollamaUrl, ollamaModel: defaultModel }, tools) {
    if (ollamaUrl === undefined) return undefined
    const url = `${ollamaUrl.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`
    return createOpenAiCompatible({
      ...tools,
      name: 'ollama',
      label: 'Ollama',
      defaultModel,
      url,
      official: false,
    })
  },
}
