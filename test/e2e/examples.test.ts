import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { agentctl } from '../support/program.ts'
import { createScene } from '../support/scene.ts'

const scene = createScene()

describe('examples/chat', () => {
  it.each([
    ['echo-agent.ts', 'You said, word by word: Streams are simple'],
    ['resuming-agent.ts', 'Every message is written exactly once, whatever crashes.'],
  ])('%s answers as it says', async (file, answer) => {
    const handler = fileURLToPath(new URL(`../../examples/chat/${file}`, import.meta.url))
    await scene.serve(['--ephemeral', '--roles', 'gateway,worker', '--handler', handler])
    const { stdout, exitCode } = await agentctl(
      scene.place,
      'chat',
      'demo',
      'one',
      '--prompt',
      'Streams are simple',
    )
    expect([exitCode, stdout]).toEqual([0, answer])
  })
})
