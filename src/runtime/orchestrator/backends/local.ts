import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { callSocket, streamSocket } from '../../platform/http/index.ts'
import type { FeatureBackend, FoundFeature } from '../backend.ts'
import {
  SERVED_FEATURES,
  SERVED_FEATURES_REMOVE,
  SERVED_FEATURES_WATCH,
  type ServedFeature,
} from './serve-wire.ts'

/** Milliseconds that `serve` may take to answer: it starts and stops nothing before it does. */
const PATIENCE = 10_000
const WATCH_PAUSE = 1_000

/** Workers are child processes of the `agentctl serve` that has this control socket. */
export function createLocalBackend({ socket, log }: { socket: string; log: Logger }): FeatureBackend {
  const limit = (signal?: AbortSignal) =>
    AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])])

  const all = (signal?: AbortSignal) =>
    callSocket<ServedFeature[]>(socket, { method: 'GET', route: SERVED_FEATURES, signal: limit(signal) })

  const post = <T>(route: string, body: object, signal: AbortSignal) =>
    callSocket<T>(socket, { method: 'POST', route, body, signal: limit(signal) })

  return {
    name: 'local',
    async apply(feature, settings, { fence, signal }) {
      return toFound(await post<ServedFeature>(SERVED_FEATURES, { feature, settings, fence }, signal))
    },
    async remove(feature, { fence, signal }) {
      return (await post<{ gone: boolean }>(SERVED_FEATURES_REMOVE, { feature, fence }, signal)).gone
    },
    async get(feature, signal) {
      const found = (await all(signal)).find((one) => one.feature === feature)
      return found && toFound(found)
    },
    async list(signal) {
      return (await all(signal)).map(({ feature }) => feature)
    },
    async watch(onChange, signal) {
      while (!signal.aborted) {
        try {
          const route = SERVED_FEATURES_WATCH
          for await (const { feature } of streamSocket<{ feature?: string }>(socket, {
            method: 'GET',
            route,
            signal,
          }))
            onChange(feature)
        } catch (error) {
          if (!signal.aborted) log.debug({ reason: messageOf(error) }, 'watching was interrupted')
        }
        await pause(WATCH_PAUSE, undefined, { signal }).catch(() => {})
      }
    },
    ping: () => all(),
    async close() {},
  }
}

function toFound(served: ServedFeature): FoundFeature {
  return { ...served, leaving: false }
}
