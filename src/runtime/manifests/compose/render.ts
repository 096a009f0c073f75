import { type Alias, Document, isScalar, Pair, Scalar, visit, YAMLMap } from 'yaml'
import type { Unit } from '../unit.ts'
import { units } from '../units.ts'
import { backing } from './backing.ts'
import { NETWORKS, PREFACE, SHARED_COMMENT } from './preface.ts'
import { CHOICES, everyRole, serviceOf } from './service.ts'

export interface ComposeOptions {
  /** Image of every role, such as `registry.example/agentctl:1.4.0`; without it the Dockerfile beside the file is built. */
  image?: string | undefined
}

/** Characters of a list that stands in one line. */
const LONGEST_LINE = 90

/** The whole system as a compose file, with comments. */
export function renderCompose({ image }: ComposeOptions = {}): string {
  const doc = new Document(new YAMLMap(), { version: '1.1' })
  const top = doc.contents as unknown as YAMLMap
  const role = add(doc, top, 'x-role', everyRole(image), SHARED_COMMENT.role)
  const settings = add(doc, top, 'x-settings', CHOICES, SHARED_COMMENT.settings)
  const aliases = { role: doc.createAlias(role, 'role'), settings: doc.createAlias(settings, 'settings') }
  const services = new YAMLMap()
  for (const unit of units) addUnit(doc, services, unit, aliases)
  for (const { name, comment, service } of backing)
    add(doc, services, name, service, comment, services.items.length > 0)
  top.add(spaced(new Pair(new Scalar('services'), services)))
  add(doc, top, 'volumes', volumes())
  add(doc, top, 'networks', NETWORKS.networks, NETWORKS.comment)
  shortLists(doc)
  return `${PREFACE}${doc.toString({ lineWidth: 0, flowCollectionPadding: false, nullStr: '' })}`
}

function addUnit(
  doc: Document,
  services: YAMLMap,
  unit: Unit,
  { role, settings }: Record<'role' | 'settings', Alias>,
) {
  const node = add(doc, services, unit.name, serviceOf(unit), `${unit.summary}.`, services.items.length > 0)
  merge(node, role)
  merge(node.get('environment') as YAMLMap, settings)
}

/** Puts `<<: *alias` before everything else of a mapping. */
function merge(node: YAMLMap, alias: Alias): void {
  node.items.unshift(new Pair(new Scalar('<<'), alias))
}

function add(doc: Document, to: YAMLMap, key: string, value: unknown, comment = '', space = true): YAMLMap {
  const node = doc.createNode(value) as YAMLMap
  const pair = new Pair(new Scalar(key), node)
  if (comment !== '') pair.key.commentBefore = comment.replace(/^/gm, ' ')
  to.add(space && to.items.length > 0 ? spaced(pair) : pair)
  return node
}

/** Lists of a few words stand in one line. */
function shortLists(doc: Document): void {
  visit(doc, {
    Seq: (_, list) => {
      list.flow = list.items.every(isScalar) && list.items.join(', ').length < LONGEST_LINE
    },
  })
}

function spaced(pair: Pair<Scalar, YAMLMap>): Pair<Scalar, YAMLMap> {
  pair.key.spaceBefore = true
  return pair
}

function volumes(): Record<string, object> {
  const own = units.flatMap((unit) => unit.volumes.map(({ name }) => name))
  const theirs = backing.flatMap(({ volume }) => volume ?? [])
  return Object.fromEntries([...own, ...theirs].map((name) => [name, {}]))
}
