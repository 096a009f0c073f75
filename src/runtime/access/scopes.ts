/** What a key may be allowed. `admin` is all of it. */
export const SCOPES = ['chat', 'query', 'documents', 'eval', 'events', 'metrics', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

/** The first part of a route's path → what it takes. */
const SCOPE_OF: Readonly<Record<string, Scope>> = {
  stream: 'chat',
  query: 'query',
  documents: 'documents',
  events: 'events',
  metrics: 'metrics',
}

/** What a route takes. One that nobody has thought of here takes everything: it must not be open by oversight. */
export function scopeOf(route: string): Scope {
  if (/^\/api\/eval(s|-status)?(\/|$)/.test(route)) return 'eval'
  return SCOPE_OF[route.split('/')[1] ?? ''] ?? 'admin'
}

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text)
}

export function allows(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.includes(wanted) || scopes.includes('admin')
}
