import type { ReplicaState } from '../runtime/supervisor/index.ts'

export const STATE_COLORS: Readonly<Record<ReplicaState, string>> = {
  starting: 'yellow',
  ready: 'green',
  unhealthy: 'red',
  backoff: 'yellow',
  crashloop: 'red',
  stopping: 'yellow',
  stopped: 'gray',
  failed: 'red',
}
