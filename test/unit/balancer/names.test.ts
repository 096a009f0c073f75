import { describe, expect, it } from 'vitest'
import { replicaUrl } from '../../../src/runtime/balancer/index.ts'
import { leasesKey, loadKey, modelKey, replicasKey, stateKey } from '../../../src/runtime/balancer/keys.ts'

const URL = 'http://127.0.0.1:8001'

describe('keys', () => {
  it('show the load where people look for it', () => {
    expect(loadKey('llm', URL)).toBe('llm:load:http://127.0.0.1:8001')
  })

  it('of one pool are in one slot', () => {
    const keys = [replicasKey('llm'), modelKey('llm'), leasesKey('llm', URL), stateKey('llm', URL)]
    expect(new Set(keys).size).toBe(4)
    for (const key of keys) expect(key).toMatch(/^\{balancer:llm\}:/)
  })
})

describe('the address of a replica', () => {
  it.each([
    ['http://127.0.0.1:8001/', URL],
    [' http://127.0.0.1:8001 ', URL],
    ['HTTP://LocalHost:80', 'http://localhost'],
    ['https://llm.example.org/base/', 'https://llm.example.org/base'],
    ['http://[::1]:8001', 'http://[::1]:8001'],
  ])('%s is %s', (text, url) => expect(replicaUrl(text)).toBe(url))

  it.each(['', 'localhost:8001', 'unix:///tmp/socket', 'http://***@host'])('cannot be "%s"', (text) => {
    expect(() => replicaUrl(text)).toThrow(expect.objectContaining({ code: 'BALANCER_URL_INVALID' }))
    expect(() => replicaUrl(text)).toThrow(`"${text}"`)
  })

  it.each([
    ['http://me:secret@host', '"http://***@host"'],
    ['http://me:se@cret@host:1/base', '"http://***@host:1/base"'],
    ['https://host/?key=secret', '"https://host/"'],
    ['https://host#secret', '"https://host"'],
    ['me:secret@host', '"***@host"'],
    ['redis://:secret@host', '"redis://***@host"'],
  ])('cannot be %s, and what is secret of it is not told', (text, shown) => {
    expect(() => replicaUrl(text)).toThrow(shown)
    expect(() => replicaUrl(text)).not.toThrow('secret')
  })
})
