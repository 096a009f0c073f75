import { pino } from 'pino'
import { z } from 'zod'
import { hostRole } from '../../../src/runtime/host/index.ts'
import { defineRole, replicaIdentity } from '../../../src/runtime/kernel/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'

// Stands for the entry script of the program, with a role that has metrics; `silent` has none, `failing` cannot tell them.
const kind = process.argv[2]
const role = defineRole({
  name: 'measuring',
  summary: 'Counts how often it was asked.',
  examples: [],
  options: z.object({}),
  listens: false,
  async start() {
    const metrics = createMetrics()
    const asked = metrics.counter('asked_total', 'Questions so far')
    const text = async () => {
      if (kind === 'failing') throw new Error('no')
      asked.inc()
      return metrics.text()
    }
    return { facts: {}, stop: async () => {}, ...(kind === 'silent' ? {} : { metrics: text }) }
  },
})
const code = await hostRole({
  role: role as unknown as Parameters<typeof hostRole>[0]['role'],
  options: { drainTimeout: 1_000 },
  ...replicaIdentity('measuring'),
  log: pino({ level: 'info' }),
})
process.exit(code)
