import chalk, { type ChalkInstance } from 'chalk'
import { logFormatter } from '../runtime/platform/log/index.ts'
import type { LogLine } from '../runtime/supervisor/index.ts'

const COLORS: ChalkInstance[] = [chalk.cyan, chalk.green, chalk.magenta, chalk.yellow, chalk.blue]

/** Formats log lines of several replicas for people: a column with the replica's name, in its own colour. */
export function createLogFormat(colors: boolean): (line: LogLine) => string {
  const format = logFormatter(colors)
  const colorOf = new Map<string, ChalkInstance>()
  let width = 8
  return ({ replica, line }) => {
    width = Math.max(width, replica.length)
    const color = colorOf.get(replica) ?? (COLORS[colorOf.size % COLORS.length] as ChalkInstance)
    colorOf.set(replica, color)
    return `${colors ? color(replica.padEnd(width)) : replica.padEnd(width)} │ ${format(line)}`
  }
}
