import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const executorRole = defineRole({
  name: 'executor',
  summary: 'Run programs that nobody trusts, each in a sandbox of its own',
  examples: [
    'AGENTCTL_EXECUTOR_TOKEN=… <%= config.bin %> executor',
    '<%= config.bin %> executor --backend deno --concurrency 2',
    '<%= config.bin %> executor --backend docker --docker-proxy unix:///run/agentctl/docker.sock',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startExecutor } = await import('./executor/executor.ts')
    return startExecutor(options, context)
  },
})
