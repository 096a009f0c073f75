import { render } from 'ink-testing-library'
import { describe, expect, it } from 'vitest'
import type { ServeStatus } from '../../../src/runtime/supervisor/index.ts'
import { ReplicaWatch } from '../../../src/ui/watch-replicas.tsx'
import { exampleAutoscale } from '../../support/snapshots.ts'

const status = (state: ServeStatus['replicas'][number]['state'], restarts: number): ServeStatus => ({
  pid: 7,
  version: '1.2.3',
  started_at: '2026-01-01T00:00:00.000Z',
  state_dir: '/data',
  data: 'kept',
  urls: {},
  redis_prompt: null,
  replicas: [
    {
      name: 'worker-1',
      role: 'worker',
      state,
      pid: 42,
      restarts,
      ready_since: null,
      rss: 50 * 1024 * 1024,
      facts: {},
      last_exit: null,
      failure: null,
    },
  ],
})

/** Resolves with the first frame that satisfies the condition. */
function frameWith(frames: { lastFrame(): string | undefined }, text: string): Promise<string> {
  return expect
    .poll(() => frames.lastFrame() ?? '', { timeout: 5_000 })
    .toContain(text) as unknown as Promise<string>
}

describe('the replica list', () => {
  it('shows every replica with state, process, memory and restarts', async () => {
    const view = render(<ReplicaWatch read={async () => status('ready', 2)} />)
    await frameWith(view, 'worker-1')
    const frame = view.lastFrame() ?? ''
    for (const text of ['agentctl 1.2.3', 'ready', '42', '50 MB', '2 restarts', 'q quit'])
      expect(frame).toContain(text)
    view.unmount()
  })

  it('shows which roles scale by themselves, and why', async () => {
    const autoscale = [
      exampleAutoscale(),
      exampleAutoscale({ role: 'rag', active: false, reason: 'scaled by hand' }),
    ]
    const view = render(<ReplicaWatch read={async () => ({ ...status('ready', 0), autoscale })} />)
    await frameWith(view, 'worker 1..8: 3 wait in chat')
    expect(view.lastFrame()).toContain('rag by hand: scaled by hand')
    view.unmount()
  })

  it('keeps the last state and says so when the serve no longer answers', async () => {
    let calls = 0
    const read = async () => {
      if (calls++ > 0) throw new Error('gone')
      return status('ready', 0)
    }
    const view = render(<ReplicaWatch read={read} />)
    await frameWith(view, 'no answer')
    expect(view.lastFrame()).toContain('worker-1')
    view.unmount()
  })

  it('says when there is no answer at all', async () => {
    const view = render(<ReplicaWatch read={() => Promise.reject(new Error('gone'))} />)
    await frameWith(view, 'No answer from serve')
    view.unmount()
  })
})
