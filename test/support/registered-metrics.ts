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
  const found: RegisteredMetric[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isArrayLiteralExpression(node.initializer))
      lists.set(node.name.getText(), stringsOf(node.initializer))
    const metric = ts.isCallExpression(node) ? toMetric(node, lists) : undefined
    if (metric) found.push(metric)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function toMetric(
  call: ts.CallExpression,
  lists: ReadonlyMap<string, string[]>,
): RegisteredMetric | undefined {
  const { expression } = call
  if (!ts.isPropertyAccessExpression(expression)) return undefined
  const type = TYPES[expression.name.text]
  const [name, , labels] = call.arguments
  if (type === undefined || name === undefined || !ts.isStringLiteral(name)) return undefined
  return { name: name.text, type, labels: labelsOf(labels, lists) }
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
