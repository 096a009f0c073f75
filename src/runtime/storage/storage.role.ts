import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const storageRole = defineRole({
  name: 'storage',
  summary: 'Store evaluations in PostgreSQL, from their events',
  examples: [
    '<%= config.bin %> storage --database-url postgres://agentctl@localhost/agentctl',
    'DATABASE_URL=postgres://… DB_PASSWORD=… <%= config.bin %> storage --replicas 2 --metrics-port 9100',
  ],
  listens: false,
  options,
  async start(options, context) {
    const { startStorage } = await import('./storage.ts')
    return startStorage(options, context)
  },
})
