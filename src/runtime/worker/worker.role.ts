import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const workerRole = defineRole({
  name: 'worker',
  summary: 'Answer chats: take jobs from the queue and stream what the handler yields',
  examples: [
    '<%= config.bin %> worker --replicas 2',
    '<%= config.bin %> worker --handler ./agent.ts --concurrency 50',
    '<%= config.bin %> worker --feature customer-support',
  ],
  listens: false,
  options,
  async start(options, context) {
    const { startWorker } = await import('./worker.ts')
    return startWorker(options, context)
  },
})
