import { expect, it } from 'vitest'
import { createProgress } from '../../../src/cli/progress.ts'

function terminal(columns: number) {
  const written: string[] = []
  const output = { isTTY: true, columns, write: (text: string) => written.push(text) }
  return { written, progress: createProgress(output as unknown as NodeJS.WriteStream) }
}

it.each([
  [10, '\r\u001b[K123456789'],
  [80, '\r\u001b[K1234567890'],
  [0, '\r\u001b[K1234567890'], // not known
])('progress stays on one line of a terminal with %i columns', (columns, shown) => {
  const { written, progress } = terminal(columns)
  progress.show('1234567890')
  progress.end()
  expect(written).toEqual([shown, '\r\u001b[K'])
})
