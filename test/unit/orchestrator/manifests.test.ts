import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { Service } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { type Unit, units } from '../../../src/runtime/manifests/index.ts'
import { environmentOf } from '../../../src/runtime/manifests/kubernetes/environment.ts'
import { replicasFor } from '../../../src/runtime/orchestrator/backends/kubernetes/found.ts'
import { manifestsOf } from '../../../src/runtime/orchestrator/backends/kubernetes/manifests.ts'
import { namesOf } from '../../../src/runtime/orchestrator/backends/kubernetes/names.ts'
import { workerRole } from '../../../src/runtime/worker/worker.role.ts'

const settings = { min: 1, max: 5, idleTimeout: 300_000 }
const template = { image: 'agentctl:1', connectionsSecret: 'connections' }
const MODELS = { Deployment, Service, HorizontalPodAutoscaler }
const of = (feature: string) => manifestsOf(feature, settings, template)

function validate({ kind, object }: ReturnType<typeof manifestsOf>[number]): void {
  new MODELS[kind as keyof typeof MODELS](object as never).validate()
}

const ODD = [
  'Shop',
  'a b',
  'shop/1',
  'läden',
  '日本',
  '-',
  '.',
  '1',
  'x'.repeat(256),
  '$(HOME)',
  'a-0123456789',
]

describe('the manifests of a feature', () => {
  it('are as the schemas of Kubernetes want them, whatever its id', () => {
    for (const feature of ['shop', ...ODD]) for (const manifest of of(feature)) validate(manifest)
  })

  it('would be refused otherwise', () => {
    const [first] = of('shop')
    const wrong = { ...first?.object, spec: { replicas: 'many' } }
    expect(() => validate({ kind: 'Deployment', object: wrong as never })).toThrow('replicas')
  })

  it('have the names, labels and limits of the contract', () => {
    const [deployment, service, scaler] = of('shop').map(({ object }) => object)
    expect(deployment?.metadata.labels).toMatchObject({ app: 'ai-agent', feature: 'shop' })
    expect(service?.metadata.name).toBe('feature-shop-service')
    expect(scaler?.spec).toMatchObject({
      ...{ minReplicas: 1, maxReplicas: 5 },
      scaleTargetRef: { kind: 'Deployment', name: deployment?.metadata.name },
      metrics: [
        { resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        { resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    })
  })

  it('agree with each other: selectors find the pods, ports and probes are there', () => {
    const [deployment, service] = of('shop').map(({ object }) => object.spec)
    const { selector, template } = deployment as unknown as {
      selector: { matchLabels: object }
      template: { metadata: { labels: object } }
    }
    expect(template.metadata.labels).toMatchObject(selector.matchLabels)
    expect(template.metadata.labels).toMatchObject((service as { selector: object }).selector)
  })

  it('set only variables that a worker knows, and no number of replicas, which is the autoscaler’s', () => {
    const known = Object.values(workerRole.options.shape).flatMap((field) => [...(field.meta()?.env ?? [])])
    const [{ object }] = of('shop') as [ReturnType<typeof manifestsOf>[number]]
    const spec = object.spec as {
      replicas?: number
      template: { spec: { containers: { env: { name: string }[] }[] } }
    }
    const names = spec.template.spec.containers[0]?.env.map(({ name }) => name) ?? []
    // Those of OpenTelemetry every role knows.
    expect(names.filter((name) => !known.includes(name) && !name.startsWith('OTEL_'))).toEqual([])
    expect(spec.replicas).toBeUndefined()
  })

  it('start one worker where there are to be none, as a Deployment has that says no number', () => {
    const deploymentWith = (spec?: object) => ({
      Deployment: spec && { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' }, spec },
      ...{ Service: undefined, HorizontalPodAutoscaler: undefined },
    })
    expect(replicasFor(deploymentWith({ replicas: 0 }))).toBe(1)
    for (const spec of [undefined, {}, { replicas: 1 }, { replicas: 4 }])
      expect(replicasFor(deploymentWith(spec))).toBeUndefined()
  })

  it('may be told all that the common workers may be told, from the same places', () => {
    const common = units.find(({ name }) => name === 'worker') as Unit
    const chosen = common.variables.filter((variable) => 'choice' in variable)
    expect(chosen.length).toBeGreaterThan(0)
    const env = JSON.stringify(of('shop')[0]?.object)
    for (const variable of environmentOf({ ...common, variables: chosen }, 'agentctl:test'))
      expect(env).toContain(JSON.stringify(variable))
  })

  it('hand over the id as it is, also where Kubernetes would read a variable in it', () => {
    const text = JSON.stringify(of('$(HOME)')[0]?.object)
    expect(text).toContain('"name":"FEATURE_ID","value":"$$(HOME)"')
  })
})

describe('names', () => {
  it('are plain where they can be, legal always, and of no two features the same', () => {
    const all = ['shop', ...ODD].map(namesOf)
    for (const { deployment, service, autoscaler, label } of all) {
      for (const name of [deployment, service, autoscaler])
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
      expect(label).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/)
    }
    expect(new Set(all.map(({ service }) => service)).size).toBe(all.length)
  })

  it('no id can be written that has the name of another', () => {
    const { service } = namesOf('Shop')
    const slug = service.slice('feature-'.length, -'-service'.length)
    expect(namesOf(slug).service).not.toBe(service)
  })
})
