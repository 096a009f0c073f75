import type { Probe } from '../platform/probe/index.ts'

/** What every HTTP role tells of its requests; asking after its health is no work. */
export const httpProbe: Probe = {
  name: 'http',
  latencies: [
    {
      metric: 'agentctl_http_request_seconds',
      kind: 'http',
      labels: ['method', 'route'],
      except: {
        route: [
          ...['/health', '/ready', '/metrics', '/openapi.json', '/docs/', '/docs/json', '/docs/yaml'],
          ...['/docs/static/*', '/docs/static/index.html', '/docs/static/swagger-initializer.js'],
        ],
      },
    },
  ],
}
