import { describe, expect, it } from 'vitest'
import { heardBy, secludedEnvironment } from '../../../src/runtime/supervisor/secluded.ts'

describe('what a secluded role is told', () => {
  const harmless = { PATH: '/bin', HOME: '/root', LC_ALL: 'C', NODE_OPTIONS: '', XDG_CACHE_HOME: '/c' }
  const secret = {
    OPENAI_API_KEY: '1',
    REDIS_URL: '2',
    AGENTCTL_REDIS_URL: '3',
    DATABASE_URL: '4',
    DB_PASSWORD: '5',
    AWS_SECRET_ACCESS_KEY: '6',
    NODE_AUTH_TOKEN: '7',
    PGPASSWORD: '8',
    SOMETHING_OF_SOMEBODY: '9',
  }
  const kept = (role: string, env: Record<string, string>) => {
    const taken = secludedEnvironment(role, env)
    return Object.keys(env).filter((name) => !(name in taken))
  }

  it('is what it has options for, and what names no secret', () => {
    const own = { AGENTCTL_EXECUTOR_TOKEN: 'x', LOG_LEVEL: 'info' }
    expect(kept('executor', { ...harmless, ...secret, ...own })).toEqual([
      ...Object.keys(harmless),
      ...Object.keys(own),
    ])
    expect(kept('docker-proxy', { ...secret, ...own, DOCKER_HOST: 'unix:///x' })).toEqual([
      'LOG_LEVEL',
      'DOCKER_HOST',
    ])
  })

  it('is also where traces go', () => {
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'key=1' }
    expect(kept('executor', { ...secret, ...tracing })).toEqual(Object.keys(tracing))
  })
})

describe('what any role is told', () => {
  const env = { AGENTCTL_REDIS_URL: 'r', AGENTCTL_DATABASE_URL: 'd', AGENTCTL_EXECUTOR_TOKEN: 'e' }

  it.each([
    ['gateway', ['AGENTCTL_REDIS_URL', 'AGENTCTL_DATABASE_URL']],
    ['storage', ['AGENTCTL_REDIS_URL', 'AGENTCTL_DATABASE_URL']],
    ['worker', ['AGENTCTL_REDIS_URL', 'AGENTCTL_EXECUTOR_TOKEN']],
    ['llm', ['AGENTCTL_REDIS_URL']],
  ])('to %s is what it has options for', (role, names) => {
    expect(Object.keys(heardBy(role, env))).toEqual(names)
  })
})
