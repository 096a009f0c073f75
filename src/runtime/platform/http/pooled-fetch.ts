import { Agent, request } from 'undici'

/** A `fetch` for libraries that take one, over connections that are kept open. */
export interface PooledFetch {
  fetch(url: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Ends the connections, and with them what is still under way. */
  close(): Promise<void>
}

/** Milliseconds for a new connection. How long an answer may take is up to the signal of the request. */
const CONNECT = 10_000
const WITHOUT_BODY = new Set([101, 204, 205, 304])

/**
 * Does what clients of JSON and event-stream APIs need, at less than half the cost of the global `fetch`: no redirects, no
 * cookies, no compression; text bodies only. Responses are the standard ones.
 */
export function createPooledFetch(): PooledFetch {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT } })
  return {
    async fetch(url, init = {}) {
      const { statusCode, headers, body } = await request(String(url instanceof Request ? url.url : url), {
        dispatcher,
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        body: (init.body as string | null | undefined) ?? null,
        signal: init.signal ?? null,
      })
      const answer = { status: statusCode, headers: headers as Record<string, string> }
      if (WITHOUT_BODY.has(statusCode)) {
        await body.dump()
        return new Response(null, answer)
      }
      const streamed = String(headers['content-type']).startsWith('text/event-stream')
      // Undici's readable is an async iterable, which Node takes for a body.
      return new Response(streamed ? (body as unknown as ReadableStream) : await body.text(), answer)
    },
    close: () => dispatcher.destroy(),
  }
}
