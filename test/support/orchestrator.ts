import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFeatureActivity } from '../../src/runtime/chat/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import type { FeatureBackend } from '../../src/runtime/orchestrator/backend.ts'
import { createKubernetesBackend } from '../../src/runtime/orchestrator/backends/kubernetes/backend.ts'
import type { FeatureSettings } from '../../src/runtime/orchestrator/feature.ts'
import { createLead } from '../../src/runtime/orchestrator/lead.ts'
import { createOrchestratorMetrics } from '../../src/runtime/orchestrator/metrics.ts'
import { createFeatureStore } from '../../src/runtime/orchestrator/store.ts'
import { openCluster } from '../../src/runtime/platform/kubernetes/index.ts'
import { createMetrics } from '../../src/runtime/platform/metrics/index.ts'
import { monotonicClock } from '../../src/runtime/resilience/index.ts'
import { type KubernetesApi, startKubernetesApi } from './kubernetes-api.ts'
import { silent, startTestRedis, type TestRedis } from './redis.ts'

export const SETTINGS: FeatureSettings = { min: 1, max: 5, idleTimeout: 300_000 }

/** A Kubernetes API, and clients of it as processes would have them. */
export interface ClusterScene {
  api: KubernetesApi
  kubeconfig: string
  connect(): ReturnType<typeof openCluster>
  backend(): Promise<FeatureBackend>
  close(): Promise<void>
}

export async function startClusterScene(): Promise<ClusterScene> {
  const closer = createCloser()
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-test-'))
  closer.add(dir, (folder) => rmSync(folder, { recursive: true, force: true }))
  const api = closer.add(await startKubernetesApi(), (opened) => opened.close())
  const kubeconfig = api.kubeconfig(join(dir, 'config'))
  const connect = async () => closer.add(await openCluster({ kubeconfig }), (opened) => opened.close())
  const template = { image: 'agentctl:test', connectionsSecret: 'agentctl-connections' }
  return {
    ...{ api, kubeconfig, connect },
    backend: async () => createKubernetesBackend({ cluster: await connect(), template, log: silent }),
    close: () => closer.close(),
  }
}

/** What looks after features, with a term that a test ends when it likes. */
export interface LeadScene {
  redis: TestRedis
  store: ReturnType<typeof createFeatureStore>
  activity: ReturnType<typeof createFeatureActivity>
  /** Leads until the returned function is called. */
  lead(backend: FeatureBackend, settings?: { now?: () => number; resync?: number }): () => Promise<void>
  metrics: ReturnType<typeof createMetrics>
  close(): Promise<void>
}

export async function startLeadScene(): Promise<LeadScene> {
  const closer = createCloser()
  const redis = closer.add(await startTestRedis(), (server) => server.close())
  const client = redis.connect('request')
  const store = createFeatureStore(client)
  const activity = createFeatureActivity(client)
  const metrics = createMetrics()
  const counts = createOrchestratorMetrics(metrics, store, () => true)
  const subscriber = redis.connect('subscriber')
  await subscriber.subscribe('orchestrator:changes')
  return {
    ...{ redis, store, activity, metrics },
    lead(backend, { now = Date.now, resync = 60_000 } = {}) {
      const ending = new AbortController()
      const lead = createLead({
        ...{ store, backend, activity, resync, now, metrics: counts, clock: monotonicClock, log: silent },
        followWishes(onChange) {
          const listener = (_channel: string, feature: string) => onChange(feature)
          subscriber.on('message', listener)
          return () => subscriber.off('message', listener)
        },
      })
      const { signal } = ending
      const over = lead({ fence: 1, signal, check: () => signal.throwIfAborted() })
      return async () => {
        ending.abort(new Error('the test is over'))
        await over
      }
    },
    close: () => closer.close(),
  }
}
