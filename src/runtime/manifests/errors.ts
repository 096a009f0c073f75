import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const manifestsErrors = {
  EXPORT_INVALID: {
    kind: 'usage',
    title: 'An option of the export cannot be meant',
    fix: 'Correct the option that the detail names.',
  },
  EXPORT_UNWRITABLE: {
    kind: 'environment',
    title: 'What was exported could not be written',
    fix: 'Name a folder with `--output` that you may write to, or let it go to stdout.',
  },
} as const satisfies ErrorTable

export const manifestsError = errorsOf(manifestsErrors)
