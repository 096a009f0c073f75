import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const orchestratorRole = defineRole({
  name: 'orchestrator',
  summary: 'Give features workers of their own, in Kubernetes or under serve',
  examples: [
    '<%= config.bin %> orchestrator --namespace agents --worker-image registry.example/agentctl:1',
    '<%= config.bin %> orchestrator create --feature customer-support',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startOrchestrator } = await import('./orchestrator.ts')
    return startOrchestrator(options, context)
  },
})
