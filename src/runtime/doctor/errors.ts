import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const doctorErrors = {
  BUNDLE_NOT_WRITTEN: {
    kind: 'environment',
    title: 'The bundle cannot be written',
    fix: 'Name a file that does not exist yet, in a folder that can be written to, such as `--bundle report.tar.gz`.',
  },
} as const satisfies ErrorTable

export const doctorError = errorsOf(doctorErrors)
