import { describe, expect, it } from 'vitest'
import { units } from '../../../../src/runtime/manifests/index.ts'
import { renderKubernetes } from '../../../../src/runtime/manifests/kubernetes/render.ts'
import { expectValid } from '../../../support/kubernetes-schemas.ts'
import { sampleUnits } from '../../../support/units.ts'

const options = { image: 'agentctl:1.0', namespace: 'agents' }
const render = async (all: typeof units, keda: boolean) =>
  (await renderKubernetes(all, { ...options, keda })).flatMap(({ manifests }) => manifests)
const named = (all: Awaited<ReturnType<typeof render>>) =>
  all.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const)

describe.each([
  ['all units', await render(units, false)],
  ['all units, with KEDA', await render(units, true)],
  ['units of every kind', await render(sampleUnits, true)],
])('%s', (_, manifests) => {
  it.each(named(manifests))('%s is what the schemas of Kubernetes take', (_name, manifest) => {
    expectValid(manifest)
    expect(manifest.metadata.namespace).toBe('agents')
  })

  it('have each name once among those of a kind', () => {
    const names = named(manifests).map(([name]) => name)
    expect(names).toEqual([...new Set(names)])
  })
})

describe('the schemas', () => {
  it.each([
    ['a value of the wrong type', { replicas: 'two' }],
    ['a field that does not exist', { replica: 2 }],
  ])('refuse %s', async (_, wrong) => {
    const manifests = await render(sampleUnits, false)
    const one = manifests.find(({ kind }) => kind === 'Deployment')
    if (one === undefined) throw new Error('no Deployment')
    const spec = { ...(one.spec as object), ...wrong }
    expect(() => expectValid({ ...one, spec })).toThrow()
  })

  it('refuse a ScaledObject without triggers', async () => {
    const [one] = (await render(sampleUnits, true)).filter(({ kind }) => kind === 'ScaledObject')
    if (one === undefined) throw new Error('no ScaledObject')
    const { triggers: _, ...spec } = one.spec as Record<string, unknown>
    expect(() => expectValid({ ...one, spec })).toThrow(/triggers/)
  })
})
