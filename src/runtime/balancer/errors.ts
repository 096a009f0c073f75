import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const balancerErrors = {
  BALANCER_NO_REPLICA: {
    kind: 'unavailable',
    title: 'No replica can take the request',
    fix: 'Try again in a moment; `agentctl ps` shows what runs, and the logs of the replicas what failed.',
  },
  BALANCER_URL_INVALID: {
    kind: 'usage',
    title: 'The address of a replica cannot be used',
    fix: 'Write it as http://HOST:PORT or https://HOST:PORT.',
  },
} as const satisfies ErrorTable

export const balancerError = errorsOf(balancerErrors)
