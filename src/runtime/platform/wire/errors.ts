import { type ErrorTable, errorsOf } from '../../kernel/index.ts'

export const wireErrors = {
  WIRE_REQUEST_INVALID: {
    kind: 'usage',
    title: 'The request cannot be sent',
    fix: 'Correct the address, method or header that is named.',
  },
} as const satisfies ErrorTable

export const wireError = errorsOf(wireErrors)
