import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { connectToServe, type ReplicaMetrics } from '../../src/runtime/supervisor/index.ts'
import { documentedMetrics } from '../support/documented-metrics.ts'
import { agentctl, startServe, type TestServe, workplace } from '../support/program.ts'

/** All but the Docker proxy, which wants an engine, and handlers of events, which `serve` does not start. */
const ROLES = ['gateway', 'worker', 'rag', 'eval', 'llm', 'executor', 'storage', 'campaigns', 'agents']
const STARTING = 180_000

const place = workplace()
let serve: TestServe
let told: ReplicaMetrics[]

beforeAll(async () => {
  serve = await startServe(place, '--ephemeral', '--roles', ROLES.map((role) => `${role}=1`).join(','))
  told = await connectToServe(join(place.dir, 'state')).metrics()
}, STARTING)
afterAll(async () => {
  await serve?.stop()
  place.remove()
}, STARTING)

const namesIn = (text: string) =>
  [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)

const documentedOf = (role: string) =>
  documentedMetrics()
    .filter(({ roles }) => roles.includes(role))
    .map(({ name, type }) => `${name} ${type}`)

/** What comes with a port for figures. */
const OF_THE_PORT = /^(process_|nodejs_|agentctl_http_request_seconds|agentctl_dependency_up)/

describe('what the roles tell', () => {
  it.each(ROLES)('%s: what docs/metrics.md says, and no more', (role) => {
    const text = told.find((one) => one.role === role)?.text ?? ''
    const own = namesIn(text).filter((name) => !/^(process|nodejs)_/.test(name))
    expect(own.sort()).toEqual(documentedOf(role).sort())
  })

  it('a handler of events, at a port of its own', async () => {
    const port = await freePort()
    const own = ['--subscribe', 'task.created', '--exec', 'cat', '--metrics-port', String(port)]
    const worker = agentctl(place, 'worker', ...own)
    try {
      const page = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
        return answer?.text() ?? ''
      }
      await expect.poll(page, { timeout: 60_000 }).toContain('agentctl_handlers_running')
      const told = namesIn(await page()).filter((name) => !OF_THE_PORT.test(name))
      expect(told.sort()).toEqual(documentedOf('events').sort())
    } finally {
      worker.kill('SIGTERM')
      await worker
    }
  })
})
