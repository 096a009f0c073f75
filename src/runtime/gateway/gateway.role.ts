import { z } from 'zod'
import {
  chatSettings,
  defineRole,
  duration,
  httpSettings,
  redisSettings,
  roleSettings,
} from '../kernel/index.ts'

const options = z.object({
  ...httpSettings(8000),
  ...redisSettings,
  streamTtl: chatSettings.streamTtl,
  heartbeat: duration()
    .prefault('10s')
    .meta({ description: 'Pause between two heartbeats of an event stream', env: ['AGENTCTL_HEARTBEAT'] }),
  workerWait: duration()
    .prefault('30s')
    .meta({ description: 'How long clients wait while no worker is running', env: ['AGENTCTL_WORKER_WAIT'] }),
  bodyLimit: z.coerce
    .number()
    .int()
    .positive()
    .default(1_048_576)
    .meta({ description: 'Largest request body in bytes', env: ['AGENTCTL_BODY_LIMIT'] }),
  ...roleSettings,
})

export type GatewayOptions = z.output<typeof options>

export const gatewayRole = defineRole({
  name: 'gateway',
  summary: 'Serve the HTTP API: start chats and stream their answers',
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
