import { Readable } from 'node:stream'
import {
  featureRemoval,
  featureRequest,
  SERVED_FEATURES,
  SERVED_FEATURES_REMOVE,
  SERVED_FEATURES_WATCH,
} from '../orchestrator/index.ts'
import type { SocketApp } from '../platform/http/index.ts'
import type { ServedFeatures } from './features.ts'

/** What the orchestrator asks over the control socket. */
export function addFeatureRoutes(app: SocketApp, features: ServedFeatures): void {
  app.get(SERVED_FEATURES, () => features.all())
  app.post(SERVED_FEATURES, { schema: { body: featureRequest } }, (request) => features.put(request.body))
  app.post(SERVED_FEATURES_REMOVE, { schema: { body: featureRemoval } }, (request) =>
    features.remove(request.body),
  )
  app.get(SERVED_FEATURES_WATCH, (_request, reply) => {
    const stream = new Readable({ read() {} })
    stream.push('{}\n')
    stream.once(
      'close',
      features.follow((feature) => stream.push(`${JSON.stringify({ feature })}\n`)),
    )
    return reply.type('application/x-ndjson').send(stream)
  })
}
