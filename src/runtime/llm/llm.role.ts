import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const llmRole = defineRole({
  name: 'llm',
  summary: 'Serve language models behind one API, with cache, fallbacks and quotas',
  examples: [
    '<%= config.bin %> llm --port 8001',
    'OPENAI_API_KEY=… ANTHROPIC_API_KEY=… <%= config.bin %> llm --fallback anthropic,mock',
    '<%= config.bin %> llm --provider mock --mock-latency 300ms --replicas 3',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startLlm } = await import('./llm.ts')
    return startLlm(options, context)
  },
})
