// Runs an executor by itself, to be killed. Prints its address once it is up.

import { pino } from 'pino'
import { startExecutor } from '../../src/runtime/sandbox/executor/executor.ts'
import { options } from '../../src/runtime/sandbox/options.ts'

const { facts } = await startExecutor(
  options.parse({
    port: 0,
    backend: 'deno',
    sandboxDir: process.argv[2],
    executorToken: process.env.AGENTCTL_EXECUTOR_TOKEN,
  }),
  { log: pino({ level: 'silent' }), name: 'executor-1' },
)
console.log(facts.url)
