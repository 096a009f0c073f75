import type { DashboardSource } from '../../src/runtime/dashboard/index.ts'
import { before } from './snapshots.ts'

type Letter = Awaited<ReturnType<DashboardSource['letters']>>[number]

export function exampleLetter(overrides: Partial<Letter> = {}): Letter {
  return {
    id: '1767355000000-0',
    fields: { type: 'task.created', data: '{"id":7,"tags":["a","b"]}' },
    origin: {
      stream: 'agent:stream:task.created',
      entry: '1767354000000-0',
      group: 'billing',
      consumer: 'worker-1',
    },
    deliveries: 5,
    reason: 'max_deliveries',
    error: 'Error: the bank is closed',
    time: before(300),
    ...overrides,
  }
}
