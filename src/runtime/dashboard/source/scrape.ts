import { messageOf } from '../../kernel/index.ts'
import type { Scraped } from '../metrics/latencies.ts'

export interface Refusal {
  url: string
  why: string
}

export interface Scrape {
  scraped: Scraped[]
  refusals: Refusal[]
}

/** Services that are asked in one go: more would only make the picture dearer. */
const MOST = 64

/**
 * Asks services for their metrics, all at once. Addresses come from settings and from pools of the balancer.
 * @param read the text at a URL; rejects when it cannot be had in time
 */
export async function scrapeServices(
  urls: readonly string[],
  read: (url: string) => Promise<string>,
): Promise<Scrape> {
  const all = [...new Set(urls.map((url) => url.replace(/\/+$/, '')))].filter((url) =>
    /^https?:\/\//.test(url),
  )
  const refusals: Refusal[] = []
  const scraped = await Promise.all(
    all.slice(0, MOST).map(async (url): Promise<Scraped> => {
      try {
        return { replica: url, role: null, text: await read(`${url}/metrics`) }
      } catch (error) {
        refusals.push({ url, why: messageOf(error) })
        return { replica: url, role: null, text: null }
      }
    }),
  )
  for (const url of all.slice(MOST)) refusals.push({ url, why: `only ${MOST} services are asked` })
  return { scraped, refusals }
}
