import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNotice } from '../../../src/runtime/supervisor/notice.ts'
import { lastServe } from '../../../src/runtime/supervisor/run-file.ts'

const serve = { pid: process.pid, socket: '/tmp/s.sock', redisUrl: 'redis://127.0.0.1:6379' }
let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'agentctl-notice-test-'))
})
afterEach(() => rmSync(state, { recursive: true }))

describe('what other commands find a serve by', () => {
  it('follows services to other ports', async () => {
    const notice = createNotice(state, serve)
    await notice.show({})
    expect(lastServe(state)).toEqual(serve)
    await notice.show({ gateway: 'http://127.0.0.1:1', campaigns: 'http://127.0.0.1:2' })
    // The last word counts, however fast they come.
    void notice.show({ gateway: 'http://127.0.0.1:1', campaigns: 'http://127.0.0.1:3' })
    await notice.show({ gateway: 'http://127.0.0.1:1', campaigns: 'http://127.0.0.1:4' })
    expect(lastServe(state)).toEqual({
      ...serve,
      gatewayUrl: 'http://127.0.0.1:1',
      campaignsUrl: 'http://127.0.0.1:4',
    })
  })

  it('does not come back once it was taken away', async () => {
    const notice = createNotice(state, serve)
    void notice.show({ gateway: 'http://127.0.0.1:1' })
    await notice.close()
    await notice.show({ gateway: 'http://127.0.0.1:2' })
    expect(existsSync(join(state, 'serve.json'))).toBe(false)
    expect(existsSync(join(state, 'serve.json.new'))).toBe(false)
  })
})
