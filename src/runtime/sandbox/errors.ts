import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const sandboxErrors = {
  SANDBOX_MISSING: {
    kind: 'environment',
    title: 'There is nothing here that programs can be run in',
    fix: 'Start Docker and `agentctl docker-proxy`, or install the embedded sandbox with `npm install deno pyodide`.',
  },
  SANDBOX_LANGUAGE_MISSING: {
    kind: 'unavailable',
    title: 'The sandbox of this executor does not run this language',
    fix: 'Make the images with `agentctl images build`, or install `deno` and `pyodide` beside agentctl.',
  },
  SANDBOX_FAILED: {
    kind: 'unavailable',
    title: 'The sandbox failed, not the program in it',
    fix: 'Read the cause in the log of the executor; the evaluation is tried again elsewhere.',
  },
  SANDBOX_AWAY: {
    kind: 'unavailable',
    title: 'The executor does not reach its Docker proxy at the moment',
    fix: 'Start `agentctl docker-proxy` again; evaluations wait for it.',
  },
  SANDBOX_BUSY: {
    kind: 'limit',
    title: 'The executor has as many programs as it takes',
    fix: 'Wait for the time in Retry-After, or start more executors.',
  },
  EXECUTOR_STOPPING: {
    kind: 'unavailable',
    title: 'The executor is stopping and takes no more programs',
    fix: 'Nothing to do: the evaluation is tried again on another executor.',
  },
  EXECUTOR_TOKEN_MISSING: {
    kind: 'usage',
    title: 'Executor and worker share no secret',
    fix: 'Give both the same secret in AGENTCTL_EXECUTOR_TOKEN; `agentctl serve` does so by itself.',
  },
  EXECUTOR_TOKEN_REFUSED: {
    kind: 'auth',
    title: 'The executor was called without its secret',
    fix: 'Give the worker the same AGENTCTL_EXECUTOR_TOKEN as the executor.',
  },
} as const satisfies ErrorTable

export const sandboxError = errorsOf(sandboxErrors)
