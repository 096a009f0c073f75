import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explainErrors, renderErrors } from '../../../src/cli/explain-errors.ts'
import { errorTables } from '../../../src/runtime/errors.ts'

const all = Object.entries(errorTables).flatMap(([room, table]) =>
  Object.entries(table).map(([code, spec]) => ({ room, code, spec })),
)

describe('the error codes of the house', () => {
  it.each(all)('$code says what happened and what to do', ({ code, spec }) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(spec.title).toMatch(/^\p{Lu}.*[^.]$/u)
    expect(spec.fix).toMatch(/^\p{Lu}.*\.$/su)
  })

  it('are unique across rooms', () => {
    const codes = all.map(({ code }) => code)
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([])
  })

  it('have an exit code and a status that fit', () => {
    for (const row of explainErrors()) {
      expect(row.exit, row.code).toBeGreaterThan(0)
      expect(row.status, row.code).toBeGreaterThanOrEqual(400)
      expect(row.status, row.code).toBeLessThan(600)
    }
  })
})

describe('agentctl errors', () => {
  it('explains one code, however it is written', () => {
    const [row, ...rest] = explainErrors('chat_busy')
    expect(rest).toEqual([])
    expect(renderErrors(row ? [row] : [])).toMatch(
      /^CHAT_BUSY\n {2}.+\n {2}Fix: .+\n {2}Exit code 1, HTTP status 409\.$/,
    )
  })

  it('does not know a code that does not exist', () => {
    expect(() => explainErrors('NOPE')).toThrow(expect.objectContaining({ code: 'ERROR_CODE_UNKNOWN' }))
  })
})

const page = new URL('../../../docs/errors.md', import.meta.url)

describe.skipIf(!existsSync(page))('docs/errors.md', () => {
  const text = existsSync(page) ? readFileSync(page, 'utf8') : ''
  const sections = text.split(/^## /m).slice(1)

  it('has one section for each code and no other', () => {
    const headings = sections.map((section) => section.split('\n', 1)[0]?.replaceAll('`', '').trim() ?? '')
    expect(headings.toSorted()).toEqual(all.map(({ code }) => code).toSorted())
  })

  it('says the same as the code does', () => {
    for (const { code, spec } of all) {
      const section = sections.find((candidate) => candidate.replace('`', '').startsWith(code)) ?? ''
      expect(section, code).toContain(spec.title)
      expect(section, code).toContain(spec.fix)
    }
  })
})
