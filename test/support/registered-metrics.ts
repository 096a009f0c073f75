import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { workOf } from '../../src/runtime/worker/work.ts'

/** A metric as the source registers it. */
export interface RegisteredMetric {
  /** Without the prefix that all but a few get. */
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  labels: string[]
}

const root = fileURLToPath(new URL('../../src/runtime/', import.meta.url))
const TYPES: Readonly<Record<string, RegisteredMetric['type']>> = {
  counter: 'counter',
  gauge: 'gauge',
  gauges: 'gauge',
  histogram: 'histogram',
}

/** Every metric that some role may tell, read from the source: none is missed because nothing has happened yet. */
export function registeredMetrics(): RegisteredMetric[] {
  const files = globSync('**/*.ts', { cwd: root }).filter((file) => file !== 'platform/metrics/metrics.ts')
  return [...files.flatMap((file) => metricsIn(`${root}${file}`)), ...gaugesOfWorkers()]
}

function metricsIn(path: string): RegisteredMetric[] {
  const text = readFileSync(path, 'utf8')
  if (!/\.(counter|gauges?|histogram)\(/.test(text)) return []
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const lists = new Map<string, string[]>()
  const wrappers = new Map<string, Omit<RegisteredMetric, 'name'>>()
  const found: RegisteredMetric[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isArrayLiteralExpression(node.initializer))
      lists.set(node.name.getText(), stringsOf(node.initializer))
    const call = ts.isCallExpression(node) ? node : undefined
    const kind = call && (kindOf(call, lists) ?? wrappers.get(call.expression.getText()))
    const name = call?.arguments[0]
    if (kind && name && ts.isStringLiteral(name)) found.push({ name: name.text, ...kind })
    // A function that registers metrics under the names it is given: its callers name them.
    else if (kind && name && ts.isIdentifier(name)) wrappers.set(nameAround(node), kind)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Of the function or variable that a node is in. */
function nameAround(node: ts.Node): string {
  for (let at = node.parent; at; at = at.parent)
    if ((ts.isVariableDeclaration(at) || ts.isFunctionDeclaration(at)) && at.name) return at.name.getText()
  return ''
}

function kindOf(
  { expression, arguments: [, , labels] }: ts.CallExpression,
  lists: ReadonlyMap<string, string[]>,
) {
  const type = ts.isPropertyAccessExpression(expression) ? TYPES[expression.name.text] : undefined
  return type === undefined ? undefined : { type, labels: labelsOf(labels, lists) }
}

function labelsOf(node: ts.Expression | undefined, lists: ReadonlyMap<string, string[]>): string[] {
  if (node === undefined) return []
  return ts.isArrayLiteralExpression(node) ? stringsOf(node) : (lists.get(node.getText()) ?? [])
}

function stringsOf(list: ts.ArrayLiteralExpression): string[] {
  return list.elements.filter(ts.isStringLiteral).map(({ text }) => text)
}

/** Named by the kind of work instead of at the call. */
function gaugesOfWorkers(): RegisteredMetric[] {
  const usual = { handler: 'demo', feature: 'default', group: 'agent-group' }
  const kinds = [
    usual,
    { ...usual, subscribe: 'task.created', exec: 'cat' },
    { ...usual, stage: 'encoder' },
    { ...usual, stage: 'evaluation' },
  ]
  return kinds.map((options) => ({
    name: workOf({ subscribe: undefined, exec: undefined, stage: undefined, ...options }).gauge[0],
    type: 'gauge',
    labels: [],
  }))
}
