import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const agentsErrors = {
  AGENT_RUN_INVALID: {
    kind: 'usage',
    status: 422,
    title: 'The agent cannot be run with this',
    fix: 'Correct the field that is named.',
  },
  AGENT_RUN_STOPPED: {
    kind: 'unavailable',
    title: 'The run was given up before its end',
    fix: 'Run it again under the same run id: what was done is not done twice.',
  },
  AGENT_RUN_CANCELLED: {
    kind: 'cancelled',
    title: 'The run was given up because nobody waited for it any more',
    fix: 'Nothing, if the client left on purpose; else run it again under the same run id.',
  },
} as const satisfies ErrorTable

export const agentsError = errorsOf(agentsErrors)
