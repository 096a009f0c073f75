import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { z } from 'zod'
import { hostRole } from '../../../src/runtime/host/index.ts'
import { defineRole, replicaIdentity } from '../../../src/runtime/kernel/index.ts'
import { startHttpServer } from '../../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'

// Stands for the entry script of the program, with a role that answers its process id, at once and later.
const port = process.argv[process.argv.indexOf('--port') + 1]
const role = defineRole({
  name: 'listening',
  summary: 'Says who it is.',
  examples: [],
  options: z.object({}),
  listens: true,
  async start(_options, { socket, log }) {
    const server = await startHttpServer(
      {
        ...{ title: 'test', description: '', version: '0', host: '127.0.0.1', port: Number(port), socket },
        ...{ bodyLimit: 1_000, checks: {}, translate: () => undefined, metrics: createMetrics(), log },
      },
      (app) => {
        app.get('/now', () => process.pid)
        app.get('/later', async () => {
          await pause(1_000)
          return process.pid
        })
      },
    )
    return { facts: { url: server.url }, leave: server.leave, stop: server.close }
  },
})
const code = await hostRole({
  role: role as unknown as Parameters<typeof hostRole>[0]['role'],
  options: { drainTimeout: 20_000 },
  ...replicaIdentity('listening'),
  log: pino({ level: 'info' }),
})
process.exit(code)
