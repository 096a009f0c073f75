import { pino } from 'pino'
import { hostRole } from '../../../src/runtime/host/index.ts'
import { loadConfig, replicaIdentity } from '../../../src/runtime/kernel/index.ts'
import { options } from '../../../src/runtime/storage/options.ts'
import { storageRole } from '../../../src/runtime/storage/storage.role.ts'

// Stands for the entry script of the program, which has one role here.
const { values } = loadConfig(options, {})
const log = pino({ level: 'info' })
const code = await hostRole({
  role: storageRole as unknown as Parameters<typeof hostRole>[0]['role'],
  options: { ...values },
  ...replicaIdentity('storage'),
  log,
})
process.exit(code)
