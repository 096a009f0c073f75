import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServe, type TestServe, workplace } from '../support/program.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  serve = await startServe(place, '--ephemeral', '--roles', 'gateway')
})
afterAll(async () => {
  await serve?.stop()
  place.remove()
})

describe('examples/events', () => {
  it.each([
    ['publisher.ts', /attempt 1: .* is new\nattempt 2: .* was there already\nrefused: data\.task_id/],
    ['consumer.ts', /piano: 300 kg, delivery 2\nall three are dealt with$/],
    ['request-response.ts', /^stream is Strom\nxyzzy: EVENT_REQUEST_FAILED.*\nevent: EVENT_REQUEST_TIMEOUT/],
    ['event-sourcing.ts', /the balance is 1075\nbefore the last movement it was 75$/],
  ])('%s does what it says, and ends', async (name, said) => {
    const file = fileURLToPath(new URL(`../../examples/events/${name}`, import.meta.url))
    const { exitCode, stdout, stderr } = await execa(process.execPath, [file], {
      cwd: place.dir,
      env: place.env,
      reject: false,
    })
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(said)
  })
})
