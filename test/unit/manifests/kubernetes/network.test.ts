import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Unit, units } from '../../../../src/runtime/manifests/index.ts'
import { accessOf } from '../../../../src/runtime/manifests/kubernetes/access.ts'
import type { Manifest } from '../../../../src/runtime/manifests/kubernetes/manifest.ts'
import { calls, policyOf } from '../../../../src/runtime/manifests/kubernetes/network.ts'
import { podOf } from '../../../../src/runtime/manifests/kubernetes/pod.ts'
import { sampleUnits } from '../../../support/units.ts'

const find = (name: string, among = units) => among.find((unit) => unit.name === name) as Unit
const callers = (name: string) => units.filter((unit) => calls(unit, find(name))).map((unit) => unit.name)

describe('who reaches whom', () => {
  it('of executors are the workers of evaluations, and of the Docker proxy the executors alone', () => {
    expect(callers('executor')).toEqual(['eval'])
    expect(callers('docker-proxy')).toEqual(['executor'])
    expect(callers('storage')).toEqual([])
    expect(callers('llm')).toContain('gateway')
    expect(callers('llm')).not.toContain('executor')
  })

  it('an executor reaches the proxy, and nothing else; the proxy nobody', () => {
    expect(policyOf(find('executor'), units).spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        {
          to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'docker-proxy' } } }],
          ports: [{ port: 8005 }],
        },
      ],
    })
    expect(policyOf(find('docker-proxy'), units).spec).toMatchObject({ egress: [] })
  })

  it('workers of features reach language models, and the rest does not let them in', () => {
    const letsIn = units.filter((unit) => JSON.stringify(policyOf(unit, units)).includes('ai-agent'))
    expect(letsIn.map(({ name }) => name)).toEqual(['llm'])
  })

  it('anybody reaches what is published, and only Prometheus the figures of the rest', () => {
    const { ingress } = policyOf(find('gateway'), units).spec as { ingress: { from?: unknown }[] }
    expect(ingress[0]).toEqual({ ports: [{ protocol: 'TCP', port: 8000 }] })
    const storage = policyOf(find('storage'), units).spec as { ingress: unknown[] }
    expect(storage.ingress).toEqual([
      {
        from: [
          {
            namespaceSelector: {},
            podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
          },
        ],
        ports: [{ protocol: 'TCP', port: 9100 }],
      },
    ])
  })
})

const page = new URL('../../../../docs/orchestrator.md', import.meta.url)

describe('rights in the cluster', () => {
  it('are those that docs/orchestrator.md names, and no others', () => {
    const blocks = [...readFileSync(page, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) =>
      parse(text),
    )
    const named = blocks.find((block) => (block as { kind?: string }).kind === 'Role') as Manifest | undefined
    const granted = accessOf(sampleUnits).find(({ kind }) => kind === 'Role')
    expect(granted?.rules).toEqual(named?.rules)
  })

  it('has the orchestrator alone', () => {
    const orchestrator = find('orchestrator', sampleUnits)
    expect(podOf(orchestrator, 'x')).toMatchObject({
      serviceAccountName: 'agentctl-orchestrator',
      automountServiceAccountToken: true,
    })
    const kinds = accessOf(sampleUnits, 'agents').map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(kinds).toEqual([
      'ServiceAccount agentctl',
      'ServiceAccount agentctl-orchestrator',
      'Role agentctl-orchestrator',
      'RoleBinding agentctl-orchestrator',
    ])
    for (const unit of units.filter(({ role }) => role !== 'orchestrator'))
      expect(podOf(unit, 'x')).toMatchObject({ automountServiceAccountToken: false })
    expect(accessOf(units.filter(({ role }) => role !== 'orchestrator'))).toHaveLength(1)
  })
})
