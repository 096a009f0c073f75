import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { exportCompose, units } from '../../../src/runtime/manifests/index.ts'

interface Service {
  image: string
  build?: string
  command?: string[]
  user?: string
  environment?: Record<string, string | null>
  networks?: string[]
  ports?: string[]
  volumes?: string[]
  profiles?: string[]
  healthcheck?: { test: string[] }
  mem_limit: string
  read_only: boolean
  cap_drop: string[]
  security_opt: string[]
  deploy?: { replicas: number }
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, object>
  networks: Record<string, { internal?: boolean }>
}

const text = await exportCompose()
const compose = parse(text, { merge: true }) as Compose
const services = Object.entries(compose.services)

describe('the compose file', () => {
  it('is the one that is committed', async () => {
    const committed = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
    expect(committed, 'write it anew: agentctl export compose --output docker-compose.yml').toBe(text)
  })

  it.each(units)('has a service for the unit $name', (unit) => {
    const service = compose.services[unit.name]
    expect(service?.command).toEqual([unit.role, ...unit.args])
    expect(Object.keys(service?.environment ?? {}).toSorted()).toEqual(
      unit.variables.map(({ name }) => name).toSorted(),
    )
    expect(service?.networks ?? ['default']).toEqual(unit.networks)
    expect(service?.mem_limit).toBe(`${unit.memory}m`)
    expect(service?.deploy?.replicas ?? 1).toBe(unit.replicas)
    expect(service?.healthcheck?.test).toContain(String(unit.healthPort))
  })

  it.each(services)('holds %s to what it needs', (_name, service) => {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service.mem_limit).toMatch(/\d+m/)
    expect(service.read_only || service.profiles !== undefined).toBe(true)
  })

  it('asks nothing of whoever tries it', () => {
    expect(text).not.toMatch(/\$\{\w+:?\?/)
  })

  it('opens ports to this machine alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    expect(ports.length).toBeGreaterThan(3)
    for (const port of ports) expect(port).toMatch(/^\$\{AGENTCTL_BIND:-127\.0\.0\.1\}:\$\{\w+:-\d+\}:\d+$/)
  })

  it('gives the socket of the engine to the proxy alone', () => {
    const holders = services.filter(([, { volumes = [] }]) =>
      volumes.some((path) => path.includes('docker.sock')),
    )
    expect(holders.map(([name]) => name)).toEqual(['docker-proxy'])
  })

  it('declares the volumes and networks that are used, and no others', () => {
    const mounts = services.flatMap(([, service]) => service.volumes ?? [])
    const named = mounts.map((mount) => mount.split(':')[0] as string).filter((name) => /^[a-z]/.test(name))
    expect(Object.keys(compose.volumes).toSorted()).toEqual([...new Set(named)].toSorted())
    const networks = services.flatMap(([, service]) => service.networks ?? ['default'])
    expect(Object.keys(compose.networks).toSorted()).toEqual([...new Set(networks)].toSorted())
  })

  it('lets neither executors nor the Docker proxy out', () => {
    for (const name of ['executor', 'docker-proxy'])
      for (const network of compose.services[name]?.networks ?? ['default'])
        expect(compose.networks[network], `${name} in ${network}`).toEqual({ internal: true })
  })

  it('takes an image that is there already instead of building one', async () => {
    const image = 'registry.example:5000/agentctl:1.4.0'
    const { services: others } = parse(await exportCompose({ image }), { merge: true }) as Compose
    for (const { name } of units) expect(others[name]).toMatchObject({ image })
    for (const { name } of units) expect(others[name]).not.toHaveProperty('build')
  })

  it('refuses what is no image', async () => {
    await expect(exportCompose({ image: 'no image' })).rejects.toMatchObject({
      code: 'EXPORT_INVALID',
      field: 'image',
    })
  })
})
