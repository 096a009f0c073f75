import { describe, expect, it } from 'vitest'
import { intentOf, type Mode } from '../../../../src/ui/dash/state/keys.ts'
import { charactersOf, type InkKey, strokesOf } from '../../../../src/ui/dash/state/strokes.ts'

const NO_KEY: InkKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  shift: false,
  ctrl: false,
  meta: false,
  backspace: false,
  delete: false,
}

const means = (text: string, mode: Mode = 'normal') => intentOf({ text }, mode)

describe('keys', () => {
  it('move, open and change panes', () => {
    expect(means('j')).toEqual({ do: 'move', by: 1 })
    expect(means('7')).toEqual({ do: 'pane', pane: 'letters' })
    expect(intentOf({ key: 'shift-tab' }, 'normal')).toEqual({ do: 'tab', by: -1 })
    expect(intentOf({ key: 'enter' }, 'normal')).toEqual({ do: 'open' })
    expect(means('8')).toBeUndefined()
    expect(means('constructor')).toBeUndefined()
  })

  it('are text while a filter or a name is typed', () => {
    for (const letter of ['q', 'j', 'x', '1', '?', '/', ' '])
      for (const mode of ['filter', 'typing'] as const)
        expect(means(letter, mode)).toEqual({ do: 'type', text: letter })
    expect(intentOf({ key: 'escape' }, 'filter')).toEqual({ do: 'filter-clear', leave: true })
  })

  it('answer a question only by what is a clear answer', () => {
    expect(means('y', 'yes-no')).toEqual({ do: 'accept' })
    expect(means('n', 'yes-no')).toEqual({ do: 'cancel' })
    expect(intentOf({ key: 'enter' }, 'yes-no')).toBeUndefined()
    expect(means('j', 'yes-no')).toBeUndefined()
    expect(means('y', 'waiting')).toBeUndefined()
  })

  it('end the program by Ctrl-C whatever is shown', () => {
    for (const mode of ['normal', 'filter', 'help', 'menu', 'yes-no', 'typing', 'waiting'] as const)
      expect(intentOf({ key: 'ctrl-c' }, mode)).toEqual({ do: 'stop' })
  })
})

describe('what Ink tells of keys', () => {
  it('is taken apart where several came at once', () => {
    expect(strokesOf('jj7', NO_KEY)).toEqual([{ text: 'j' }, { text: 'j' }, { text: '7' }])
    expect(strokesOf('/ab\r', NO_KEY)).toEqual([
      { text: '/' },
      { text: 'a' },
      { text: 'b' },
      { key: 'enter' },
    ])
  })

  it('has names for keys without a character', () => {
    expect(strokesOf('', { ...NO_KEY, upArrow: true })).toEqual([{ key: 'up' }])
    expect(strokesOf('', { ...NO_KEY, tab: true, shift: true })).toEqual([{ key: 'shift-tab' }])
    expect(strokesOf('', { ...NO_KEY, delete: true })).toEqual([{ key: 'backspace' }])
    expect(strokesOf('c', { ...NO_KEY, ctrl: true })).toEqual([{ key: 'ctrl-c' }])
    expect(strokesOf('w', { ...NO_KEY, ctrl: true })).toEqual([])
  })

  it('takes Esc and a letter that come together for both', () => {
    expect(strokesOf('4', { ...NO_KEY, meta: true })).toEqual([{ key: 'escape' }, { text: '4' }])
  })

  it('keeps what people see as one character together, and no control characters', () => {
    expect(charactersOf('日👩‍💻e\u0301')).toEqual([{ text: '日' }, { text: '👩‍💻' }, { text: 'e\u0301' }])
    expect(charactersOf('a\u0000\u009bb\r\nc')).toEqual([
      { text: 'a' },
      { text: 'b' },
      { key: 'enter' },
      { text: 'c' },
    ])
  })
})
