import { describe, expect, it } from 'vitest'
import type { EventContext } from '../../../src/runtime/bus/index.ts'
import { execHandler } from '../../../src/runtime/events/exec-handler.ts'
import { silent } from '../../support/redis.ts'

function handle(command: string, changes: Partial<EventContext> = {}, request = true) {
  const context: EventContext = {
    event: {
      entryId: '1-0',
      eventId: 'e1',
      type: 'a.b',
      timestamp: '2026-01-01T00:00:00Z',
      data: { n: 1 },
      ...(request ? { responseStream: 'agent:stream:response:e1' } : {}),
    },
    group: 'g',
    consumer: 'c',
    delivery: 2,
    replay: false,
    signal: new AbortController().signal,
    log: silent,
    ...changes,
  }
  return execHandler(command)(context.event.data, context)
}

describe('execHandler', () => {
  it('gives the event as JSON on stdin, and what it is in the environment', async () => {
    expect(await handle('cat')).toEqual({
      id: '1-0',
      event_id: 'e1',
      event_type: 'a.b',
      timestamp: '2026-01-01T00:00:00Z',
      data: { n: 1 },
      response_stream: 'agent:stream:response:e1',
    })
    expect(await handle('echo "$AGENTCTL_EVENT_ID $AGENTCTL_EVENT_TYPE $AGENTCTL_DELIVERY"')).toBe('e1 a.b 2')
  })

  it('replies with JSON, text, or nothing', async () => {
    expect(await handle('echo "{\\"a\\":[1]}"')).toEqual({ a: [1] })
    expect(await handle('echo "{ no JSON"')).toBe('{ no JSON')
    expect(await handle('true')).toBeNull()
  })

  it('has no reply where nobody waits, except in a replay', async () => {
    expect(await handle('echo 1', {}, false)).toBeUndefined()
    expect(await handle('echo 1', { replay: true }, false)).toBe(1)
  })

  it.each([
    ['exit 65', 'FatalError', 'exit code 65'],
    ['echo why >&2; exit 65', 'FatalError', 'exit code 65: why'],
    ['echo first >&2; echo busy >&2; exit 1', 'RetryableError', 'exit code 1: busy'],
    ['kill -TERM $$', 'RetryableError', 'signal 15'],
    ['no-such-program-here', 'RetryableError', 'exit code 127'],
    ['yes | head -c 2000000', 'FatalError', 'more than 1 MB'],
  ])('%s is a %s', async (command, name, said) => {
    await expect(handle(command)).rejects.toMatchObject({ name, message: expect.stringContaining(said) })
  })

  it('may print as much as it likes when nobody waits for it', async () => {
    expect(await handle('yes | head -c 2000000', {}, false)).toBeUndefined()
  })

  it('ends when its work is in vain', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('the lease is lost')), 100)
    await expect(handle('sleep 60', { signal: controller.signal })).rejects.toThrow('the lease is lost')
  })
})
