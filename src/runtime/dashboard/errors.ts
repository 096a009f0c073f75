import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const dashboardErrors = {
  DASH_READ_ONLY: {
    kind: 'usage',
    title: 'The dashboard only looks',
    fix: 'Open it without --read-only to change something.',
  },
  DASH_NEEDS_TERMINAL: {
    kind: 'usage',
    title: 'There is no terminal to draw on',
    fix: 'Run it in a terminal, or leave --ui out and look with `agentctl dash --once` or `agentctl ps`.',
  },
} as const satisfies ErrorTable

export const dashboardError = errorsOf(dashboardErrors)
