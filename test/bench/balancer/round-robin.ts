import type { Balancer } from '../../../src/runtime/balancer/index.ts'

/** One after the other, whatever they do: what the policies are compared with. */
export function createRoundRobin(urls: readonly string[]): Balancer {
  let next = 0
  return {
    async acquire({ avoid = [] } = {}) {
      const open = urls.filter((url) => !avoid.includes(url))
      const among = open.length > 0 ? open : urls
      const url = among[next++ % among.length] as string
      return { url, release: async () => {} }
    },
    replicas: async () => [],
    close: async () => {},
  }
}
