import { describe, expect, it } from 'vitest'
import {
  parseBasicAuth,
  withoutUnused,
  withSpokenDefaults,
} from '../../../src/runtime/platform/http/index.ts'

const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('a header Authorization', () => {
  it.each([
    ['admin:secret', { username: 'admin', password: 'secret' }],
    ['admin:', { username: 'admin', password: '' }],
    [':', { username: '', password: '' }],
    ['a:b:c', { username: 'a', password: 'b:c' }],
    ['jürgen:pässwörd✓', { username: 'jürgen', password: 'pässwörd✓' }],
  ])('holds %j', (text, parsed) => expect(parseBasicAuth(encode(text))).toEqual(parsed))
  it('may be written in any case, and with more spaces', () =>
    expect(parseBasicAuth('bASIC   YTpi ')).toEqual({ username: 'a', password: 'b' }))
  it.each([
    undefined,
    '',
    'Basic',
    'Basic ',
    'Bearer YTpi',
    'Basic YTpi YTpi',
    'Basic ***',
    encode('no colon'),
    'YTpi',
  ])('holds nothing when it is %j', (header) => expect(parseBasicAuth(header)).toBeUndefined())
})

describe('an OpenAPI document', () => {
  it('keeps only the schemas that something refers to, also by way of others', () => {
    const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
    const document = {
      paths: { '/a': ref('A') },
      components: {
        securitySchemes: { basic: {} },
        schemas: { A: { items: ref('B') }, B: { items: ref('B') }, C: ref('D'), D: {} },
      },
    }
    expect(withoutUnused(document)).toEqual({
      paths: document.paths,
      components: {
        securitySchemes: { basic: {} },
        schemas: { A: document.components.schemas.A, B: document.components.schemas.B },
      },
    })
  })
  it('tells the defaults of requests in words, those of answers as they are', () => {
    const schema = (of: object) => ({ type: 'object', properties: { default: { type: 'number', ...of } } })
    const document = {
      components: { schemas: { A: schema({ default: 1 }), AInput: schema({ default: 1 }) } },
    }
    expect(withSpokenDefaults(document)).toEqual({
      components: { schemas: { A: schema({ default: 1 }), AInput: schema({ description: 'Default: 1' }) } },
    })
  })
})
