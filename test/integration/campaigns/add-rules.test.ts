import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addRules } from '../../../src/cli/campaigns/add-rules.ts'
import { type CampaignsStub, startCampaignsStub } from '../../support/campaigns-stub.ts'

let dir: string
let stub: CampaignsStub
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-add-rules-'))
  stub = await startCampaignsStub()
})
afterEach(async () => {
  await stub.close()
  rmSync(dir, { recursive: true })
})

function add(file: string, given: { key?: string; signal?: AbortSignal } = {}) {
  const { signal = new AbortController().signal, key } = given
  return addRules(7, file, { 'campaigns-url': stub.url, 'state-dir': dir, key }, signal)
}

function fileOf(rules: unknown): string {
  const file = join(dir, 'rules.json')
  writeFileSync(file, JSON.stringify(rules))
  return file
}

describe('adding the rules of a file', () => {
  it('adds none when one of them cannot be understood', async () => {
    const file = fileOf([{ conditions: { amount: 1 } }, { conditions: { amount: { $gt3: 1 } } }])
    await expect(add(file)).rejects.toMatchObject({
      code: 'RULE_INVALID',
      message: expect.stringMatching(/^rule 2: .*\$gt3/),
    })
    expect(stub.asked).toEqual([])
  })

  it('tells how to go on when the service refuses one behind others', async () => {
    const file = fileOf([{ conditions: { amount: 1 } }, { conditions: { amount: 2 } }])
    stub.treat((_, number) => (number === 2 ? { status: 409, code: 'TOO_MANY' } : 'answers'))
    const refused = await add(file).catch((error) => error)
    expect(refused).toMatchObject({ code: 'TOO_MANY', status: 409 })
    expect(refused.message).toBe('rule 2 of 2: said TOO_MANY; the one before it was added')
    const key = /--key (\S+):/.exec(refused.fix)?.[1] as string

    expect(await add(file, { key })).toHaveLength(2)
    const keys = stub.asked.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toEqual([key, `${key}-1`, key, `${key}-1`])
  })

  it.each(['', ' ', 'schlüssel', 'a\nb', 'k'.repeat(201)])('takes no key %j', async (key) => {
    await expect(add(fileOf({ conditions: {} }), { key })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      field: 'key',
    })
    expect(stub.asked).toEqual([])
  })

  it('does not wait for what nobody types once it is interrupted', async () => {
    const pipe = join(dir, 'pipe')
    execFileSync('mkfifo', [pipe])
    const typing = createWriteStream(pipe)
    const interrupted = new AbortController()
    const adding = add(pipe, { signal: interrupted.signal })
    typing.write('[', () => interrupted.abort())
    await expect(adding).rejects.toMatchObject({ name: 'AbortError' })
    typing.on('error', () => {}).destroy()
    expect(stub.asked).toEqual([])
  })
})
