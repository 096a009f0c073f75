import { tryLock } from '../../../src/runtime/platform/process/index.ts'

// Takes the lock named on its command line, says whether it could, and keeps it until it is killed.
const held = tryLock(process.argv[2] ?? '')
process.stdout.write(held ? 'locked\n' : 'refused\n')
if (held) setInterval(() => held, 60_000)
