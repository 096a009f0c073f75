import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const contextsErrors = {
  CONTEXT_UNKNOWN: {
    kind: 'not_found',
    title: 'There is no such context',
    fix: 'See them with `agentctl context ls`, make one with `agentctl context add NAME --redis-url URL`.',
  },
  CONTEXT_EXISTS: {
    kind: 'conflict',
    title: 'There is a context of this name already',
    fix: 'Give it another name, or put the new one in its place with --replace.',
  },
  CONTEXT_INVALID: {
    kind: 'usage',
    title: 'The context cannot be kept like that',
    fix: 'Give it a name of letters, digits, dots, dashes and underscores, and at least one address, such as --redis-url.',
  },
  CONTEXT_INCOMPLETE: {
    kind: 'usage',
    title: 'The context in use does not say where to go',
    fix: 'Add the address to the context, or use `--context local` for what runs here.',
  },
  CONTEXT_VARIABLE_MISSING: {
    kind: 'usage',
    title: 'A context refers to an environment variable that is not set',
    fix: 'Set the variable that is named, or write the value into the context.',
  },
  CONTEXT_FILE_INVALID: {
    kind: 'usage',
    title: 'The file of the contexts cannot be used',
    fix: 'Correct the file that is named, or remove it and make the contexts anew with `agentctl context add`.',
  },
} as const satisfies ErrorTable

export const contextsError = errorsOf(contextsErrors)
