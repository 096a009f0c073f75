import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { type Unit, units } from '../../../../src/runtime/manifests/index.ts'
import { asExternal, environmentOf } from '../../../../src/runtime/manifests/kubernetes/environment.ts'
import { exportKubernetes } from '../../../../src/runtime/manifests/kubernetes/export.ts'
import type { podOf } from '../../../../src/runtime/manifests/kubernetes/pod.ts'
import { renderKubernetes } from '../../../../src/runtime/manifests/kubernetes/render.ts'
import { secretsOf } from '../../../../src/runtime/manifests/kubernetes/secrets.ts'
import { roles } from '../../../../src/runtime/roles.ts'
import { sampleUnits } from '../../../support/units.ts'

interface Spec {
  replicas?: number
  selector: { matchLabels: Record<string, string> }
  template: { metadata: { labels: Record<string, string> }; spec: ReturnType<typeof podOf> }
}

interface Selecting {
  matchLabels?: Record<string, string>
}

/** Not among a role's settings: read by all of them, or made for the other variables. */
const BESIDE = /^(OTEL_|POD_IP$|AGENTCTL_DRAIN_DELAY$)/

const files = await renderKubernetes(units, { image: 'agentctl:1.0', keda: true })
const all = files.flatMap(({ manifests }) => manifests)
const ofKind = (kind: string) => all.filter((manifest) => manifest.kind === kind)
const specOf = (unit: Unit) =>
  ofKind('Deployment').find(({ metadata }) => metadata.name === unit.name)?.spec as Spec | undefined

describe.each(units)('the pods of $name', (unit) => {
  const spec = specOf(unit)
  const container = spec?.template.spec.containers[0]

  it('are those that its Deployment, Service, autoscaler and budget mean', () => {
    const labels = spec?.template.metadata.labels
    expect(labels).toMatchObject(spec?.selector.matchLabels ?? { none: '' })
    const own = all.filter(({ metadata }) => metadata.name === unit.name)
    for (const { kind, spec: other } of own as unknown as {
      kind: string
      spec: Record<string, Selecting>
    }[]) {
      if (kind === 'Service') expect(labels).toMatchObject(other.selector ?? {})
      if (kind === 'PodDisruptionBudget') expect(labels).toMatchObject(other.selector?.matchLabels ?? {})
      if (kind === 'NetworkPolicy') expect(labels).toMatchObject(other.podSelector?.matchLabels ?? {})
      if (/Autoscaler|ScaledObject/.test(kind))
        expect(other.scaleTargetRef).toMatchObject({ name: unit.name })
    }
  })

  it('have variables that their role knows, each once', () => {
    const shape = roles.find(({ name }) => name === unit.role)?.options.shape ?? {}
    const known = Object.values(shape).flatMap((field) => (field as z.ZodType).meta()?.env ?? [])
    const names = container?.env.map(({ name }) => name) ?? []
    expect(names.filter((name) => !known.includes(name) && !BESIDE.test(name))).toEqual([])
    expect(names).toEqual([...new Set(names)])
  })

  it('are probed, and called, at a port that they have', () => {
    const ports = container?.ports.map(({ containerPort }) => containerPort)
    for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe])
      expect(ports).toContain(probe?.httpGet.port)
    const service = ofKind('Service').find(({ metadata }) => metadata.name === unit.name)
    const called = (service?.spec as { ports: { port: number; targetPort: string }[] } | undefined)?.ports
    expect(called?.map(({ port }) => port)).toEqual(unit.port === undefined ? undefined : [unit.port])
    for (const { targetPort } of called ?? [])
      expect(container?.ports.map(({ name }) => name)).toContain(targetPort)
  })

  it('have more time to end than they may drain', () => {
    expect(spec?.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(unit.grace)
    const delay = container?.env.find(({ name }) => name === 'AGENTCTL_DRAIN_DELAY')
    expect(delay !== undefined).toBe(unit.port !== undefined)
  })

  it('may do next to nothing', () => {
    const { securityContext } = spec?.template.spec ?? {}
    expect(securityContext).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } })
    expect(securityContext?.runAsNonRoot).toBe(!unit.engineSocket)
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container?.resources.limits.memory).toBe(`${unit.memory}Mi`)
  })

  it('have an account that exists', () => {
    const accounts = ofKind('ServiceAccount').map(({ metadata }) => metadata.name)
    expect(accounts).toContain(spec?.template.spec.serviceAccountName)
  })

  it('are scaled by one, if at all, which then has their number to itself', () => {
    const scalers = all.filter(
      ({ kind, metadata }) => /Autoscaler|ScaledObject/.test(kind) && metadata.name === unit.name,
    )
    const { scales } = asExternal(unit)
    expect(scalers.length).toBe(scales ? 1 : 0)
    expect(spec?.replicas).toBe(scales ? undefined : unit.replicas)
  })
})

describe('secrets', () => {
  it('are named, and no value is there', () => {
    expect(secretsOf(files)).toMatchObject([
      {
        name: 'agentctl-connections',
        required: ['DATABASE_URL', 'QDRANT_URL', 'REDIS_ADDRESS', 'REDIS_URL'],
      },
      { name: 'agentctl-secrets', required: expect.arrayContaining(['AGENTCTL_EXECUTOR_TOKEN']) },
    ])
    expect(ofKind('Secret')).toEqual([])
    const secret = units.flatMap(({ variables }) =>
      variables.filter((variable) => !('value' in variable) && (!('choice' in variable) || variable.key)),
    )
    const inline = units.flatMap((unit) => environmentOf(unit)).filter((variable) => 'value' in variable)
    for (const { name } of secret) expect(inline.map((variable) => variable.name)).not.toContain(name)
  })
})

describe('vectors', () => {
  it('are in Qdrant, wherever there would be a file of them', () => {
    const rag = sampleUnits.find(({ name }) => name === 'rag') as Unit
    expect(asExternal(rag)).toMatchObject({ volumes: [], scales: true })
    expect(environmentOf(asExternal(rag))).toEqual([
      {
        name: 'QDRANT_URL',
        valueFrom: { secretKeyRef: { name: 'agentctl-connections', key: 'QDRANT_URL' } },
      },
    ])
  })
})

describe('an option that cannot be meant', () => {
  it.each([
    ['namespace', { namespace: 'My_Agents' }],
    ['image', { image: 'agentctl:1.0\nfoo: bar' }],
  ])('is refused: %s', async (field, wish) => {
    await expect(exportKubernetes(wish)).rejects.toMatchObject({ code: 'EXPORT_INVALID', field })
  })
})
