import { expect, it } from 'vitest'
import { judgeFile, judgeGateway } from '../../../src/runtime/doctor/checks/exposure.ts'

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
