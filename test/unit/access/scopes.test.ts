import { expect, it } from 'vitest'
import { allows, scopeOf } from '../../../src/runtime/access/scopes.ts'

it.each([
  ['/stream', 'chat'],
  ['/query', 'query'],
  ['/query/:job_id', 'query'],
  ['/documents/:id', 'documents'],
  ['/events/:type/live', 'events'],
  ['/api/eval', 'eval'],
  ['/api/evals', 'eval'],
  ['/api/eval/:eval_id/stream', 'eval'],
  ['/api/eval-status/:eval_id', 'eval'],
  ['/metrics', 'metrics'],
])('%s takes %s', (route, scope) => expect(scopeOf(route)).toBe(scope))

it.each(['', '/', '/streams', '/api/evaluate', '/api', '/whatever/comes'])(
  'a route that nobody has thought of (%s) takes everything',
  (route) => expect(scopeOf(route)).toBe('admin'),
)

it('admin is all of it, and any other scope is itself', () => {
  expect(allows(['admin'], 'eval')).toBe(true)
  expect(allows(['chat', 'eval'], 'eval')).toBe(true)
  expect(allows(['chat'], 'eval')).toBe(false)
  expect(allows(['chat'], 'admin')).toBe(false)
  expect(allows([], 'chat')).toBe(false)
})
