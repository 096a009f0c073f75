import type { SecretNeed } from '../runtime/manifests/index.ts'

/** What was written, and what must be there before it is applied. */
export function describeExport(written: readonly string[], secrets: readonly SecretNeed[]): string {
  const needs = secrets.flatMap(({ name, required, optional }) => [
    `  ${name}: ${required.join(', ') || 'nothing'}`,
    ...(optional.length === 0 ? [] : [`    and, where they are wanted: ${optional.join(', ')}`]),
  ])
  return [...written, '', 'Secrets to make first, with these keys:', ...needs].join('\n')
}
