import { type Logger, pino } from 'pino'

/** Errors only, on stderr: a benchmark's stdout is its result. */
export function quietLog(): Logger {
  return pino({ level: 'error' }, pino.destination({ dest: 2, sync: true }))
}
