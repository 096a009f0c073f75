import { expect, it } from 'vitest'
import { createOwner } from '../../../src/runtime/sandbox/docker/owner.ts'

const host = { name: 'here', pid: 10, isAlive: (pid: number) => pid === 11 }

it.each([
  ['the process before this one with its id', 'executor-1/here/10', true],
  ['a process that has ended', 'executor-1/here/12', true],
  ['a process that lives', 'executor-1/here/11', false],
  ['another name', 'executor-2/here/12', false],
  ['a name that begins alike', 'executor-11/here/12', false],
  ['another host', 'executor-1/there/12', false],
  ['no process', 'executor-1/here/x', false],
  ['something else', 'executor-1', false],
])('what %s has made is left behind: %s', (_, label, expected) => {
  expect(createOwner('executor-1', host).isForerunner(label)).toBe(expected)
})

it('fits into a label', () => {
  const { label, isForerunner } = createOwner(`a b/ü${'x'.repeat(200)}`, { ...host, name: 'h'.repeat(200) })
  expect(label).toMatch(/^[A-Za-z0-9._:@/-]{1,128}$/)
  expect(isForerunner(label)).toBe(true)
})
