import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const workerRole = defineRole({
  name: 'worker',
  summary:
    'Answer chats, handle events with --subscribe, or serve the RAG pipeline or evaluations with --stage',
  examples: [
    '<%= config.bin %> worker --replicas 2',
    '<%= config.bin %> worker --handler ./agent.ts --concurrency 50',
    '<%= config.bin %> worker --feature customer-support',
    '<%= config.bin %> worker --subscribe task.created,document.processed --handler ./tasks.ts',
    '<%= config.bin %> worker --stage encoder,retriever,generator',
    '<%= config.bin %> worker --stage evaluation --executor-urls http://127.0.0.1:8004',
    `<%= config.bin %> worker --subscribe task.created --exec 'jq .data.task_id'`,
  ],
  listens: false,
  options,
  async start(options, context) {
    const { startWorker } = await import('./worker.ts')
    return startWorker(options, context)
  },
})
