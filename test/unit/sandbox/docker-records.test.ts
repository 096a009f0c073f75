import { describe, expect, it } from 'vitest'
import { createRecords, type RunnerRecord } from '../../../src/runtime/sandbox/docker/records.ts'

const NONCE = '0123456789abcdef'.repeat(2)
const record = (text: string) => `\0${NONCE}${text}\n`

function read() {
  const records: (RunnerRecord & { on: string })[] = []
  const output = { stdout: '', stderr: '' }
  const reader = createRecords(NONCE, {
    onBytes(name, bytes) {
      output[name] += bytes.toString('latin1')
    },
    onRecord: (on, found) => records.push({ ...found, on }),
  })
  return {
    ...reader,
    records,
    output,
    write: (text: string) => reader.write('stderr', Buffer.from(text, 'latin1')),
    writeOut: (text: string) => reader.write('stdout', Buffer.from(text, 'latin1')),
  }
}

const STARTED = { kind: 'started', on: 'stderr' }
const ENDED = { kind: 'ended', exitCode: 3, signal: null, oomSeen: false, cpuSpent: true, on: 'stderr' }

describe('records of a runner', () => {
  const text = `${record('S')}some\0thing\0${NONCE.slice(0, 5)}else${record('X 1')}Trace${record('E x 3 0 1')}`

  it.each([1, 2, 5, 16, 33, 34, 35, text.length])('are told from output in chunks of %i', (size) => {
    const reader = read()
    for (let at = 0; at < text.length; at += size) reader.write(text.slice(at, at + size))
    reader.end()
    expect(reader.records).toEqual([STARTED, { kind: 'exiting', exitCode: 1, on: 'stderr' }, ENDED])
    expect(reader.output.stderr).toBe(`some\0thing\0${NONCE.slice(0, 5)}elseTrace`)
  })

  it('tell a signal and want of memory', () => {
    const reader = read()
    reader.write(record('E s 9 1 0'))
    expect(reader.records).toEqual([
      { kind: 'ended', exitCode: null, signal: 9, oomSeen: true, cpuSpent: false, on: 'stderr' },
    ])
  })

  it('are read on each stream for itself', () => {
    const reader = read()
    const text = record('E x 3 0 1')
    reader.write(text.slice(0, 10))
    reader.writeOut('between')
    reader.write(text.slice(10))
    expect(reader.records).toEqual([ENDED])
    expect(reader.output).toEqual({ stdout: 'between', stderr: '' })
  })

  it.each([
    ['another nonce', `\0${'f'.repeat(32)}E x 0 0 0\n`],
    ['no record', record('whatever')],
    ['a record without an end', `\0${NONCE}E x 0 0 0${' '.repeat(40)}\n`],
    ['a record that is cut off', `\0${NONCE}E x 0`],
    ['a number that is none', record('E x 1e3 0 0')],
    ['an exit code that there is not', record('E x 256 0 0')],
    ['another that there is not', record('X 999')],
    ['the beginning of a mark', `\0${NONCE.slice(0, 31)}`],
    ['many beginnings', `\0\0\0\0${NONCE.slice(0, 3)}\0`],
  ])('%s is output, all of it', (_, text) => {
    const reader = read()
    reader.write(text)
    reader.end()
    expect(reader.records).toEqual([])
    expect(reader.output.stderr).toBe(text)
  })

  it('holds nothing back that can be no record', () => {
    const reader = read()
    reader.write('a\0b')
    expect(reader.output.stderr).toBe('a\0b')
    reader.write('c\0')
    expect(reader.output.stderr).toBe('a\0bc')
    reader.write('d')
    expect(reader.output.stderr).toBe('a\0bc\0d')
  })
})
