import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import type { DoctorContext } from '../../../src/runtime/doctor/check.ts'
import { exposure, judgeFile, judgeGateway } from '../../../src/runtime/doctor/checks/exposure.ts'
import { clientSettings } from '../../../src/runtime/kernel/index.ts'

it('a gateway that only this machine reaches may let anybody in', () => {
  expect(judgeGateway({ host: '127.0.0.1', auth: 'off' })).toEqual([])
  expect(judgeGateway({ host: '::1', auth: 'off' })).toEqual([])
})

it('one that others reach wants keys, and TLS', () => {
  expect(judgeGateway({ host: '0.0.0.0', auth: 'off' })).toMatchObject([
    { level: 'warn', what: 'The gateway listens on 0.0.0.0 and lets anybody in' },
  ])
  expect(judgeGateway({ host: '10.0.0.1', auth: 'keys' })).toMatchObject([
    { level: 'warn', what: 'The gateway listens on 10.0.0.1 without TLS' },
  ])
  expect(judgeGateway({ host: '10.0.0.1', auth: 'keys', tlsCert: 'cert.pem' })).toEqual([])
})

it.each([
  ['/home/me/key', 0o100644, 1],
  ['/home/me/key', 0o100600, 0],
  ['/home/me/key', 0o100640, 0],
  ['/run/secrets/key', 0o100444, 0],
  ['/var/run/secrets/x/key', 0o100644, 0],
  ['/run/secretsold/key', 0o100644, 1],
])('a secret in %s of mode %o has %i remarks', (path, mode, count) => {
  const remarks = judgeFile({ variable: 'AGENTCTL_API_KEY_FILE', path, mode })
  expect(remarks).toHaveLength(count)
})

it('looks at the files of secrets and at the private key, and past what is out of reach', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentctl-exposure-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [key, loop] = [join(folder, 'key.pem'), join(folder, 'loop')]
  writeFileSync(key, 'secret')
  chmodSync(key, 0o644)
  symlinkSync(loop, loop)
  const env = { AGENTCTL_TLS_KEY: key, AGENTCTL_API_KEY_FILE: loop }
  const context = { env, schemas: [z.object(clientSettings)] }
  const remarks = await exposure.run(context as unknown as DoctorContext)
  expect(remarks.map(({ what }) => what)).toEqual([
    `${key}, which AGENTCTL_TLS_KEY names, can be read by everybody`,
  ])
})
