import { choice, openPort } from './choice.ts'
import { DB_PASSWORD, HARDENED } from './service.ts'

/** A service that is not ours. */
export interface Backing {
  readonly name: string
  readonly comment: string
  readonly service: Readonly<Record<string, unknown>>
  /** Volume it keeps its data in. */
  readonly volume?: string
}

const common = { restart: 'unless-stopped', init: true, ...HARDENED, logging: { driver: 'local' } }

/** The stores, and what stands behind a profile. */
export const backing: readonly Backing[] = [
  {
    name: 'redis',
    comment: 'Streams, queues and locks. Refuses writes rather than forget anything when its memory is full.',
    service: {
      image: choice('REDIS_IMAGE', 'redis:7'),
      ...common,
      user: 'redis',
      command: [
        ...['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
        // Nobody but the services beside it reaches it.
        ...['--protected-mode', 'no'],
        ...['--maxmemory', choice('REDIS_MAXMEMORY', '64mb')],
      ],
      volumes: ['redis-data:/data'],
      mem_limit: choice('REDIS_MEMORY', '100m'),
      healthcheck: pinged(['redis-cli', 'ping']),
    },
    volume: 'redis-data',
  },
  {
    name: 'postgres',
    comment: 'Evaluations, campaigns and what they earn.',
    service: {
      image: choice('POSTGRES_IMAGE', 'postgres:18'),
      ...common,
      user: 'postgres',
      command: ['postgres', '-c', 'shared_buffers=32MB', '-c', 'max_connections=60'],
      environment: { POSTGRES_USER: 'agentctl', POSTGRES_PASSWORD: DB_PASSWORD },
      tmpfs: ['/tmp', '/var/run/postgresql:mode=1777'],
      volumes: ['postgres-data:/var/lib/postgresql'],
      mem_limit: choice('POSTGRES_MEMORY', '200m'),
      // Fast: does not wait for those who are connected.
      stop_signal: 'SIGINT',
      stop_grace_period: '30s',
      healthcheck: pinged(['pg_isready', '-h', '127.0.0.1', '-U', 'agentctl']),
    },
    volume: 'postgres-data',
  },
  {
    name: 'qdrant',
    comment:
      'Vectors, in place of the file: `QDRANT_URL=http://qdrant:6333 docker compose --profile qdrant up -d`.',
    service: {
      profiles: ['qdrant'],
      image: choice('QDRANT_IMAGE', 'qdrant/qdrant:v1.16.0'),
      ...common,
      read_only: false,
      volumes: ['qdrant-data:/qdrant/storage'],
      mem_limit: '512m',
    },
    volume: 'qdrant-data',
  },
  {
    name: 'prometheus',
    comment: 'Figures and alerts: `docker compose --profile monitoring up -d`, then http://localhost:9090.',
    service: {
      profiles: ['monitoring'],
      image: choice('PROMETHEUS_IMAGE', 'prom/prometheus:v3.7.3'),
      ...common,
      // The executor and the Docker proxy are seen from their own networks alone.
      networks: ['default', 'executors', 'sandbox'],
      ports: [openPort('prometheus', 9090)],
      tmpfs: ['/tmp'],
      volumes: ['./deploy/prometheus:/etc/prometheus:ro', 'prometheus-data:/prometheus'],
      mem_limit: '512m',
    },
    volume: 'prometheus-data',
  },
  {
    name: 'grafana',
    comment: 'The figures as pictures, for everybody who reaches http://localhost:3000.',
    service: {
      profiles: ['monitoring'],
      image: choice('GRAFANA_IMAGE', 'grafana/grafana:12.2.1'),
      ...common,
      environment: {
        GF_AUTH_ANONYMOUS_ENABLED: 'true',
        GF_AUTH_DISABLE_LOGIN_FORM: 'true',
        GF_ANALYTICS_REPORTING_ENABLED: 'false',
        GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      },
      ports: [openPort('grafana', 3000)],
      tmpfs: ['/tmp'],
      volumes: [
        './deploy/grafana/provisioning:/etc/grafana/provisioning:ro',
        './deploy/grafana/dashboards:/var/lib/grafana/dashboards:ro',
        'grafana-data:/var/lib/grafana',
      ],
      mem_limit: '256m',
    },
    volume: 'grafana-data',
  },
]

function pinged(command: string[]): object {
  return { test: ['CMD', ...command], interval: '5s', timeout: '5s', retries: 12 }
}
