import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { renewCertificates } from '../../../src/runtime/platform/http/tls.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentctl-certificates-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a file that cannot even be looked at leaves the certificate as it is', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  for (const file of [cert, key]) writeFileSync(file, 'once')
  const warned = Promise.withResolvers<string>()
  const log = pino({}, { write: (line: string) => warned.resolve(line) })
  const taken: unknown[] = []
  const server = { setSecureContext: (options: unknown) => void taken.push(options) }
  const renewal = renewCertificates({ files: { cert, key }, server, log, every: 1 })
  rmSync(cert)
  symlinkSync(cert, cert) // leads to itself
  expect(await warned.promise).toContain('the old one stays')
  expect(taken).toEqual([])
  renewal.stop()
})
