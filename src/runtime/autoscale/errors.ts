import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const autoscaleErrors = {
  AUTOSCALE_INVALID: {
    kind: 'usage',
    title: 'What is to be scaled by itself, and between which bounds, cannot be understood',
    fix: 'Write it as `serve --autoscale worker=1..8,rag=1..4`, or for one that runs as `scale worker=1..8`.',
  },
} as const satisfies ErrorTable

export const autoscaleError = errorsOf(autoscaleErrors)
