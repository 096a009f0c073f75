import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { agentctl, startServe, type TestServe, type Workplace, workplace } from '../support/program.ts'

let place: Workplace
let serve: TestServe | undefined

afterEach(async () => {
  await serve?.stop()
  place.remove()
})

describe('examples/chat', () => {
  it.each([
    ['echo-agent.ts', 'You said, word by word: Streams are simple'],
    ['resuming-agent.ts', 'Every message is written exactly once, whatever crashes.'],
  ])('%s answers as it says', async (file, answer) => {
    place = workplace()
    const handler = fileURLToPath(new URL(`../../examples/chat/${file}`, import.meta.url))
    serve = await startServe(place, '--ephemeral', '--roles', 'gateway,worker', '--handler', handler)
    const { stdout, exitCode } = await agentctl(
      place,
      'chat',
      'demo',
      'one',
      '--prompt',
      'Streams are simple',
    )
    expect([exitCode, stdout]).toEqual([0, answer])
  })
})
