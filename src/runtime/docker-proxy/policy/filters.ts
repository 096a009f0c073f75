import { LABELS } from '../contract.ts'
import { refused } from '../errors.ts'
import { parseStrict } from './strict-json.ts'

const OUR_LABEL = new RegExp(
  `^(${Object.values(LABELS).join('|').replaceAll('.', '\\.')})(=[A-Za-z0-9._:@/-]*)?$`,
)
const STATUS = /^(created|running|exited|dead|paused|restarting|removing)$/
const CONTAINER_NAME = /^\^?\/?agentctl-[A-Za-z0-9_-]*\$?$/
const VALUES: Readonly<Record<string, RegExp>> = { label: OUR_LABEL, status: STATUS, name: CONTAINER_NAME }

/**
 * The query of a list of containers, which shows those with our label alone whatever was asked for.
 * @throws AgentctlError DOCKER_PROXY_REFUSED
 */
export function listFilters(query: URLSearchParams): URLSearchParams {
  const asked = parseStrict(query.get('filters') || '{}', 'the filters')
  const filters: Record<string, string[]> = {}
  for (const [key, value] of Object.entries(asked)) {
    const allowed = Object.hasOwn(VALUES, key) ? VALUES[key] : undefined
    const values = valuesOf(value)
    if (!allowed || !values.every((one) => allowed.test(one))) {
      throw refused(`the filter "${key}" is not allowed`)
    }
    filters[key] = values
  }
  const label = [...(filters.label ?? []), LABELS.deadline]
  query.set('filters', JSON.stringify({ ...filters, label }))
  return query
}

/** `["a"]`, or `{"a":true}` as older clients have it. */
function valuesOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value : Object.keys(Object(value))
  if (values.every((one) => typeof one === 'string')) return values
  throw refused('the filters are not lists of text')
}
