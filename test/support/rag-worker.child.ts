import { options as workerOptions } from '../../src/runtime/worker/options.ts'
import { startWorker } from '../../src/runtime/worker/worker.ts'
import { silent } from './redis.ts'

/** A worker as a process of its own: it ends in order on SIGTERM, and when its parent is gone. */
const { name, options } = JSON.parse(process.argv[2] ?? '') as {
  name: string
  options: Record<string, unknown>
}
const role = await startWorker(workerOptions.parse(options), { log: silent, name })
const stop = () => void role.stop().then(() => process.exit(0))
process.on('SIGTERM', stop)
process.on('disconnect', () => process.exit(1))
process.send?.('ready')
