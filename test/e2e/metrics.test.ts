import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectToServe, type ReplicaMetrics } from '../../src/runtime/supervisor/index.ts'
import { documentedMetrics } from '../support/documented-metrics.ts'
import { startServe, type TestServe, workplace } from '../support/program.ts'

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

describe('what the roles tell', () => {
  it.each(ROLES)('%s: what docs/metrics.md says, and no more', (role) => {
    const text = told.find((one) => one.role === role)?.text ?? ''
    const documented = documentedMetrics()
      .filter(({ roles }) => roles.includes(role))
      .map(({ name, type }) => `${name} ${type}`)
    const own = namesIn(text).filter((name) => !/^(process|nodejs)_/.test(name))
    expect(own.sort()).toEqual(documented.sort())
  })
})
