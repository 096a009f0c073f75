import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { agentctl, workplace } from '../support/program.ts'

const place = workplace()
afterAll(() => place.remove())

const kindsIn = (text: string) =>
  parseAllDocuments(text).map((one) => (one.toJS() as { kind?: string } | null)?.kind)

describe('agentctl export k8s', () => {
  it('prints everything as one stream', async () => {
    const { stdout, exitCode } = await agentctl(place, 'export', 'k8s', '--image', 'agentctl:test')
    expect(exitCode).toBe(0)
    const kinds = kindsIn(stdout)
    for (const kind of ['Deployment', 'Service', 'HorizontalPodAutoscaler', 'NetworkPolicy'])
      expect(kinds).toContain(kind)
    expect(kinds).not.toContain('ScaledObject')
    expect(stdout).toContain('image: agentctl:test')
  })

  it('writes a folder for kustomize, and says which secrets are needed', async () => {
    const folder = join(place.dir, 'k8s')
    const options = ['--output', folder, '--namespace', 'agents', '--keda']
    const { stdout, exitCode } = await agentctl(place, 'export', 'k8s', ...options)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('agentctl-connections')
    expect(stdout).toContain('REDIS_URL')
    const text = readFileSync(join(folder, 'kustomization.yaml'), 'utf8')
    const { resources, namespace } = parse(text) as { resources: string[]; namespace: string }
    expect(namespace).toBe('agents')
    expect(readdirSync(folder).sort()).toEqual([...resources, 'kustomization.yaml'].sort())
    expect(kindsIn(readFileSync(join(folder, 'worker.yaml'), 'utf8'))).toContain('ScaledObject')
  })

  it('tells the same as JSON', async () => {
    const { stdout } = await agentctl(place, 'export', 'k8s', '--json')
    const { manifests, secrets } = JSON.parse(stdout) as {
      manifests: { kind: string }[]
      secrets: { name: string }[]
    }
    expect(manifests.length).toBeGreaterThan(30)
    expect(secrets.map(({ name }) => name)).toEqual(['agentctl-connections', 'agentctl-secrets'])
  })

  it('says what is wrong with an option, and with a folder', async () => {
    const wrong = await agentctl(place, 'export', 'k8s', '--namespace', 'No_Name')
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('EXPORT_INVALID')])
    const denied = await agentctl(place, 'export', 'k8s', '--output', '/dev/null/k8s')
    expect(denied.stderr).toContain('EXPORT_UNWRITABLE')
  })
})
