import type { DashboardSource, Snapshot, Target } from '../../runtime/dashboard/index.ts'
import { plain } from '../format/plain.ts'
import type { Loaded } from './detail.ts'
import type { DetailRef } from './pane.ts'

/** What actions are about in a detail. */
export function targetOf(reference: DetailRef, { replicas }: Snapshot): Target | undefined {
  switch (reference.kind) {
    case 'role': {
      const own = replicas.filter(({ role, state }) => role === reference.role && state !== null)
      return { kind: 'role', role: reference.role, replicas: own.length }
    }
    case 'replica': {
      const role = replicas.find(({ name }) => name === reference.name)?.role
      return role === undefined ? undefined : { kind: 'replica', name: reference.name, role }
    }
    case 'letters':
    case 'letter':
      return reference
    default:
      return undefined
  }
}

/** What a detail needs besides the snapshot. */
export async function loadDetail(reference: DetailRef, source: DashboardSource): Promise<Loaded> {
  switch (reference.kind) {
    case 'stream':
      return { stream: await source.stream(reference.stream) }
    case 'entry':
      return { entry: await source.entry(reference.stream, reference.id) }
    case 'group':
      return { group: await source.group(reference.stream, reference.group) }
    case 'letters':
    case 'letter':
      return { letters: await source.letters(reference.type) }
    default:
      return {}
  }
}

/** Whether a detail is more than the snapshot holds. */
export function isLoaded({ kind }: DetailRef): boolean {
  return kind !== 'role' && kind !== 'replica'
}

/** What is loaded for a detail, by name: several may be made of the same. */
export function sourceKey(reference: DetailRef): string {
  return JSON.stringify('type' in reference ? { kind: 'letters', type: reference.type } : reference)
}

/** What a detail is called on the way to it. */
export function crumbOf(reference: DetailRef): string {
  switch (reference.kind) {
    case 'stream':
      return plain(reference.stream)
    case 'group':
      return `group ${plain(reference.group)}`
    case 'entry':
    case 'letter':
      return plain(reference.id)
    case 'role':
      return plain(reference.role)
    case 'replica':
      return plain(reference.name)
    case 'letters':
      return plain(reference.type)
  }
}
