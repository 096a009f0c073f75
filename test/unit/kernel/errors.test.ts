import { describe, expect, it } from 'vitest'
import {
  AgentctlError,
  errorsOf,
  FatalError,
  isFatal,
  messageOf,
  toProblem,
} from '../../../src/runtime/kernel/index.ts'

const make = errorsOf({
  TEA_COLD: { kind: 'unavailable', title: 'The tea is cold', fix: 'Boil water.' },
  TEA_POT: { kind: 'usage', title: 'This is a teapot', fix: 'Ask for tea.', status: 418 },
})

describe('an AgentctlError', () => {
  it('takes exit code, status and retryability from its kind', () => {
    const error = make('TEA_COLD', 'pot 3')
    expect(error).toBeInstanceOf(AgentctlError)
    expect(error).toMatchObject({ code: 'TEA_COLD', exitCode: 69, status: 503, retryable: true })
  })

  it('lets the table set another status', () => {
    expect(make('TEA_POT', 'x')).toMatchObject({ status: 418, exitCode: 2, retryable: false })
  })

  it('lets the caller give better advice, a field and a cause', () => {
    const cause = new Error('fire is out')
    const error = make('TEA_COLD', 'pot 3', { fix: 'Light the fire.', field: 'pot', cause })
    expect(error).toMatchObject({ fix: 'Light the fire.', field: 'pot', cause })
  })
})

describe('toProblem', () => {
  it('tells everything a client may know, and not the cause', () => {
    const error = make('TEA_COLD', 'pot 3 is cold', { field: 'pot', cause: new Error('secret') })
    expect(toProblem(error)).toEqual({
      type: 'urn:agentctl:error:TEA_COLD',
      title: 'The tea is cold',
      status: 503,
      detail: 'pot 3 is cold',
      code: 'TEA_COLD',
      fix: 'Boil water.',
      field: 'pot',
    })
  })

  it('has no field when none is at fault', () => {
    expect(toProblem(make('TEA_COLD', 'x'))).not.toHaveProperty('field')
  })

  it.each([
    [new Error('broken'), 'broken'],
    ['just text', 'just text'],
    [undefined, 'undefined'],
  ])('makes an INTERNAL problem of %s', (thrown, detail) => {
    expect(toProblem(thrown)).toMatchObject({ code: 'INTERNAL', status: 500, detail })
  })
})

describe('isFatal', () => {
  it('recognises the class', () => {
    expect(isFatal(new FatalError('no'))).toBe(true)
  })

  it('recognises a copy of the class from another installation by its name', () => {
    class Copy extends Error {
      override readonly name = 'FatalError'
    }
    expect(isFatal(new Copy('no'))).toBe(true)
  })

  it.each([new Error('FatalError'), { name: 'FatalError' }, 'FatalError', undefined])(
    'is false of %s',
    (error) => {
      expect(isFatal(error)).toBe(false)
    },
  )
})

describe('messageOf', () => {
  it('is the message of an error, and the text of anything else', () => {
    expect(messageOf(new Error('a'))).toBe('a')
    expect(messageOf(7)).toBe('7')
    expect(messageOf(null)).toBe('null')
  })
})
