import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import type { Cluster } from './cluster.ts'
import { isRefusal, type Objects } from './objects.ts'
import { type Kind, type KubernetesObject, pathOf } from './resources.ts'

export interface WatchOptions {
  cluster: Cluster
  objects: Objects
  kind: Kind
  /** Label selector. */
  labels: string
  /** Told of every change of one object; how it changed is for the listener to look up. */
  onChange(object: KubernetesObject): void
  /** Told when it is not known what has changed: at the beginning, and when the server remembers no longer. */
  onLost(): void
  /** Ends the watch. */
  signal: AbortSignal
  /** Milliseconds before the first try after trouble (500); doubled up to 30 s, with jitter. */
  base?: number
  log: Logger
}

interface WatchLine {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: KubernetesObject & { code?: number }
}

/** Seconds after which the server ends a watch, which then goes on by another request. */
const SERVER_TIMEOUT = 300
/** Milliseconds of silence, bookmarks included, after which a connection counts as dead. */
const SILENCE = (SERVER_TIMEOUT + 30) * 1_000
const LONGEST_PAUSE = 30_000

/** Follows the objects of one kind until it is told to stop, through cut connections and forgotten versions. */
export async function watchObjects(options: WatchOptions): Promise<void> {
  const { objects, kind, labels, onLost, signal, base = 500, log } = options
  let version: string | undefined
  let failures = 0
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        version = (await objects.list(kind, labels, signal)).resourceVersion
        onLost()
      }
      for await (const seen of follow(options, version)) {
        version = seen
        failures = 0
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof VersionGone || isRefusal(error, 410)) version = undefined
      log.debug({ kind, reason: messageOf(error) }, 'watching was interrupted')
    }
    // A server that ends each watch at once is not asked again at once.
    const longest = Math.min(LONGEST_PAUSE, base * 2 ** Math.min(failures++, 10))
    await pause(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {})
  }
}

class VersionGone extends Error {}

/** The versions that one connection brings. */
async function* follow(
  { cluster, objects, kind, labels, onChange, signal }: WatchOptions,
  from: string,
): AsyncGenerator<string> {
  const body = await cluster.open({
    method: 'GET',
    path: pathOf(kind, objects.namespace),
    query: {
      watch: true,
      allowWatchBookmarks: true,
      labelSelector: labels,
      resourceVersion: from,
      timeoutSeconds: SERVER_TIMEOUT,
    },
    signal,
  })
  const silence = setTimeout(() => body.destroy(new Error('the watch has gone silent')), SILENCE)
  try {
    for await (const line of linesOf(body)) {
      silence.refresh()
      const { type, object } = JSON.parse(line) as WatchLine
      if (type === 'ERROR') throw errorOf(object)
      if (type !== 'BOOKMARK') onChange(object)
      if (object.metadata.resourceVersion !== undefined) yield object.metadata.resourceVersion
    }
  } finally {
    clearTimeout(silence)
    body.destroy()
  }
}

/** Lines end with the body, and fail with it. */
async function* linesOf(body: Readable): AsyncGenerator<string> {
  const lines = createInterface({ input: body })
  const failed = new Promise<never>((_, reject) => body.once('error', reject))
  failed.catch(() => lines.close())
  for await (const line of lines) if (line !== '') yield line
  if (body.errored) throw body.errored
}

function errorOf({ code, ...status }: WatchLine['object']): Error {
  const said = (status as { message?: string }).message ?? 'the watch failed'
  return code === 410 ? new VersionGone(said) : new Error(said)
}
