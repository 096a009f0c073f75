import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../../src/runtime/platform/sql/index.ts'

const log = pino({ level: 'silent' })
const { pid, url } = await startEmbeddedPostgres({
  dir: process.argv[2] ?? '',
  port: 0,
  ephemeral: false,
  log,
})
process.stdout.write(`${JSON.stringify({ pid, url })}\n`)
setInterval(() => {}, 1_000_000)
