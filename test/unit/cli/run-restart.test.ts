import { expect, it } from 'vitest'
import { runRestart } from '../../../src/cli/run-restart.ts'
import { type Restarted, type ServeStatus, supervisorError } from '../../../src/runtime/supervisor/index.ts'

/** A serve with these replicas, which tells what it was asked. */
function serveOf(names: readonly string[], answer: (name: string) => Partial<Restarted>) {
  const asked: string[] = []
  const replicas = names.map((name) => ({ name, role: name.replace(/-\d+$/, '') }))
  return {
    asked,
    status: async () => ({ replicas }) as ServeStatus,
    async restart(name: string): Promise<Restarted> {
      asked.push(name)
      return { restarted: [], in_place: [], left_alone: [], ...answer(name) }
    },
  }
}

const NAMES = ['redis-1', 'gateway-1', 'worker-1', 'worker-2']

it('restarts one after another, tells of each, and spares what others need', async () => {
  const serve = serveOf(NAMES, (name) => (name === 'worker-2' ? { in_place: [name] } : { restarted: [name] }))
  const said: string[] = []
  expect(await runRestart(serve, 'all', (line) => said.push(line))).toEqual({
    restarted: ['gateway-1', 'worker-1'],
    in_place: ['worker-2'],
    left_alone: ['redis-1'],
  })
  expect(serve.asked).toEqual(['gateway-1', 'worker-1', 'worker-2'])
  expect(said.map((line) => line.replace(/[\d.]+ s/, 'T'))).toEqual([
    '[1/3] gateway-1 restarted in T',
    '[2/3] worker-1 restarted in T',
    '[3/3] worker-2 restarted in T, stopped first',
    'Left as they are: redis-1',
  ])
})

it('goes on when a replica is gone meanwhile, and ends at the first that does not come back', async () => {
  const serve = serveOf(NAMES, (name) => {
    if (name === 'gateway-1') throw supervisorError('SERVE_TARGET_UNKNOWN', 'gone')
    throw supervisorError('RESTART_FAILED', 'no')
  })
  await expect(runRestart(serve, 'all', () => {})).rejects.toMatchObject({ code: 'RESTART_FAILED' })
  expect(serve.asked).toEqual(['gateway-1', 'worker-1'])
})

it('knows no replica that is not there', async () => {
  const serve = serveOf(NAMES, () => ({}))
  await expect(runRestart(serve, 'llm', () => {})).rejects.toMatchObject({ code: 'SERVE_TARGET_UNKNOWN' })
  expect(serve.asked).toEqual([])
})
