import type { Unit } from '../../src/runtime/manifests/index.ts'

const usual: Unit = {
  name: 'none',
  summary: 'Does nothing',
  role: 'worker',
  args: [],
  replicas: 1,
  scales: true,
  healthPort: 9_100,
  published: false,
  advertises: false,
  variables: [{ name: 'AGENTCTL_LOG_LEVEL', choice: true }],
  needs: [],
  networks: ['default'],
  memory: 128,
  core: false,
  grace: 40,
  volumes: [],
  engineSocket: false,
}

export function makeUnit(own: Partial<Unit>): Unit {
  return { ...usual, ...own }
}

/** Units that between them are of every kind there is. */
export const sampleUnits: readonly Unit[] = [
  makeUnit({
    name: 'gateway',
    role: 'gateway',
    summary: 'Serves everybody',
    replicas: 2,
    port: 8_000,
    healthPort: 8_000,
    published: true,
    advertises: true,
    variables: [
      { name: 'AGENTCTL_HOST', value: '0.0.0.0' },
      { name: 'REDIS_URL', store: 'redis' },
      { name: 'DB_PASSWORD', secret: 'db-password' },
      { name: 'API_PASSWORD', secret: 'api-password' },
      { name: 'OPENAI_API_KEY', choice: true, key: true },
      { name: 'AGENTCTL_LOG_LEVEL', choice: true },
    ],
  }),
  makeUnit({
    name: 'worker',
    summary: 'Works off a queue: "chats"',
    replicas: 2,
    variables: [{ name: 'REDIS_URL', store: 'redis' }],
  }),
  makeUnit({
    name: 'rag',
    summary: 'Keeps vectors',
    args: ['--stage', 'encoder'],
    scales: false,
    variables: [
      { name: 'AGENTCTL_VECTORS_PATH', value: '/data/vectors.db' },
      { name: 'QDRANT_URL', choice: true },
    ],
    volumes: [{ name: 'vectors', path: '/data' }],
  }),
  makeUnit({
    name: 'executor',
    role: 'executor',
    summary: 'Runs programs',
    args: ['--docker-proxy', 'http://docker-proxy:8005'],
    port: 8_004,
    healthPort: 8_004,
    networks: ['sandbox'],
    variables: [{ name: 'AGENTCTL_DOCKER_PROXY_TOKEN', secret: 'docker-proxy-token' }],
  }),
  makeUnit({
    name: 'docker-proxy',
    role: 'docker-proxy',
    summary: 'Has the socket',
    scales: false,
    port: 8_005,
    healthPort: 8_005,
    networks: ['sandbox'],
    engineSocket: true,
    variables: [{ name: 'AGENTCTL_DOCKER_PROXY_TOKEN', secret: 'docker-proxy-token' }],
  }),
  makeUnit({
    name: 'orchestrator',
    role: 'orchestrator',
    summary: 'Works on the cluster',
    scales: false,
    port: 8_006,
    healthPort: 8_006,
  }),
]
