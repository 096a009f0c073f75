import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../../kernel/index.ts'
import { exposeChecks, type Metrics } from '../../platform/metrics/index.ts'
import { openApiDocument } from './openapi.ts'

export interface ServiceRoutesOptions {
  version: string
  metrics: Metrics
  /** Rejects while the engine is not reached. */
  checkEngine(): Promise<unknown>
}

type Answer = readonly [status: number, type: string, body: string]

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * What every HTTP role serves, without the framework that the others have it from: that alone would take more memory
 * than all of the proxy. Answers undefined for any other route.
 */
export function createServiceRoutes({ version, metrics, checkEngine }: ServiceRoutesOptions) {
  exposeChecks(metrics, { engine: checkEngine })
  let asking: Promise<string> | undefined
  /** Asks once for all who want to know now: anybody may, without the secret. */
  function engineState(): Promise<string> {
    asking ??= checkEngine()
      .then(() => 'ok', messageOf)
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  const json = (status: number, value: unknown): Answer => [status, JSON_TYPE, JSON.stringify(value)]

  const routes: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    '/health': () => json(200, { status: 'ok', version, uptime_s: Math.round(process.uptime()) }),
    async '/ready'() {
      const engine = await engineState()
      const isReady = engine === 'ok'
      return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'unready', checks: { engine } })
    },
    '/metrics': async () => [200, metrics.contentType, await metrics.text()],
    '/openapi.json': () => json(200, openApiDocument(version)),
    '/docs': () => [200, 'text/html; charset=utf-8', page(version)],
  }

  return function find(request: IncomingMessage): ((response: ServerResponse) => Promise<void>) | undefined {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const route = request.method === 'GET' && Object.hasOwn(routes, path) ? routes[path] : undefined
    if (route === undefined) return undefined
    return async (response) => {
      request.resume()
      const [status, type, body] = await route()
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
      response.end(body)
    }
  }
}

/** A page without scripts. */
function page(version: string): string {
  const { info, paths } = openApiDocument(version)
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { summary }]) =>
        `<tr><td><code>${method.toUpperCase()} ${path}</code></td><td>${summary}</td></tr>`,
    ),
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${info.title}</title>
<h1>${info.title} ${info.version}</h1><p>${info.description} <a href="/openapi.json">openapi.json</a></p>
<table>${rows.join('\n')}</table></html>`
}
