import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const gatewayRole = defineRole({
  name: 'gateway',
  summary: 'Serve the HTTP API: chats, events, queries, documents and evaluations',
  examples: [
    '<%= config.bin %> gateway --port 8000',
    'REDIS_URL=rediss://redis.example:6380 <%= config.bin %> gateway',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startGateway } = await import('./gateway.ts')
    return startGateway(options, context)
  },
})
