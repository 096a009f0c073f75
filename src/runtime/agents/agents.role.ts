import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const agentsRole = defineRole({
  name: 'agents',
  summary: 'Run agents that register events and make campaigns, over HTTP and the event bus',
  examples: [
    '<%= config.bin %> agents --port 8002',
    '<%= config.bin %> agents --campaigns-service-url http://127.0.0.1:8003 --llm-url http://127.0.0.1:8001',
    'API_PASSWORD=… <%= config.bin %> agents --host 0.0.0.0 --concurrency 8',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startAgents } = await import('./agents.ts')
    return startAgents(options, context)
  },
})
