import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { shellWord } from '../../../src/runtime/kernel/index.ts'

describe('shellWord', () => {
  it('leaves ordinary names as they are', () => {
    expect(shellWord('agent:stream:task.created')).toBe('agent:stream:task.created')
  })

  it.each(['a b', '$(touch x)', "it's", '`x`; rm -rf ~', '', 'x\ny', '*'])(
    'is one word for a shell: %j',
    (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text)
    },
  )
})
