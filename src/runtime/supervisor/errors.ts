import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const supervisorErrors = {
  SERVE_RUNNING: {
    kind: 'usage',
    title: 'Another `agentctl serve` uses this state folder',
    fix: 'Stop it with `agentctl down`, or give this one its own folder with --state-dir.',
  },
  SERVE_NOT_RUNNING: {
    kind: 'unavailable',
    title: 'No `agentctl serve` is running here',
    fix: 'Start it with `agentctl serve`, or name its state folder with --state-dir.',
  },
  SERVE_ROLES_INVALID: {
    kind: 'usage',
    title: 'The roles to run cannot be understood',
    fix: 'Write them as `serve --roles gateway=1,worker=2`, one of them as `scale worker=2`.',
  },
  SERVE_TARGET_UNKNOWN: {
    kind: 'not_found',
    title: 'No such role or replica is running',
    fix: 'See `agentctl ps` for the names.',
  },
  SERVE_FENCED: {
    kind: 'conflict',
    title: 'Another orchestrator leads',
    fix: 'Nothing needs to be done: the one that leads goes on.',
  },
  RESTART_FAILED: {
    kind: 'environment',
    title: 'A replica that was restarted did not become ready',
    fix: 'See why with `agentctl logs`, correct it, and restart again. All others were left as they are.',
  },
  SERVE_DETACH_FAILED: {
    kind: 'environment',
    title: 'The detached serve did not become ready',
    fix: 'Read its log, named above.',
  },
  ROLE_FAILED: {
    kind: 'environment',
    title: 'A role cannot start',
    fix: 'Correct what its message says, then start again.',
  },
  ROLE_CRASHES: {
    kind: 'environment',
    title: 'A role keeps crashing and is tried again with growing pauses',
    fix: 'See why with `agentctl logs`, and its state with `agentctl ps`.',
  },
  ROLE_STOPPED: {
    kind: 'cancelled',
    title: 'A role was stopped before it was ready',
    fix: 'Nothing needs to be done if that was asked for.',
  },
} as const satisfies ErrorTable

export const supervisorError = errorsOf(supervisorErrors)
