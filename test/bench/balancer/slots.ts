import type { Provider } from '../../../src/runtime/llm/provider.ts'

/** Lets a provider work on so many requests at once; others wait for their turn. */
export function withSlots(provider: Provider, slots: number): Provider {
  let busy = 0
  const waiting: (() => void)[] = []

  async function enter(): Promise<void> {
    if (busy < slots) busy += 1
    else await new Promise<void>((go) => waiting.push(go))
  }

  /** Whoever waits longest takes the slot over. */
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else busy -= 1
  }

  return {
    ...provider,
    async complete(prompt, signal) {
      await enter()
      try {
        return await provider.complete(prompt, signal)
      } finally {
        leave()
      }
    },
  }
}
