import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfiguration } from '../../../src/runtime/platform/kubernetes/configuration.ts'

/** Where this test runs in a pod, that says it. */
const POD = '/var/run/secrets/kubernetes.io/serviceaccount/token'

const ELSEWHERE = {
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'there' },
  clusters: [{ name: 'far', cluster: { server: 'https://far.example' } }],
  contexts: [{ name: 'there', context: { cluster: 'far', user: 'me' } }],
  users: [{ name: 'me', user: {} }],
}

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'agentctl-test-'))
  vi.stubEnv('HOME', home)
  vi.stubEnv('KUBECONFIG', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

function load(address: Parameters<typeof loadConfiguration>[1]): string | undefined {
  const config = new KubeConfig()
  loadConfiguration(config, address)
  return config.getCurrentCluster()?.server
}

describe('where Kubernetes is', () => {
  it('is said by the kubeconfig of the user, or by another one', () => {
    const other = join(home, 'other')
    writeFileSync(other, JSON.stringify(ELSEWHERE))
    expect(load({ kubeconfig: other })).toBe('https://far.example')
    mkdirSync(join(home, '.kube'))
    writeFileSync(join(home, '.kube', 'config'), JSON.stringify(ELSEWHERE))
    expect(load({})).toBe('https://far.example')
    expect(() => load({ context: 'nowhere' })).toThrow('there are there')
  })

  it('is an address', () => {
    const wrong = { ...ELSEWHERE, clusters: [{ name: 'far', cluster: { server: 'far.example' } }] }
    writeFileSync(join(home, 'wrong'), JSON.stringify(wrong))
    expect(() => load({ kubeconfig: join(home, 'wrong') })).toThrow('"far.example" is no address')
  })

  it.skipIf(existsSync(POD))('is not guessed where nothing says it', () => {
    expect(() => load({})).toThrow(expect.objectContaining({ code: 'KUBERNETES_CONFIG_INVALID' }))
  })
})
