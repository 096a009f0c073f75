import type { Store, Unit, Variable } from './unit.ts'
import {
  CAMPAIGNS_LOGIN,
  COMMON,
  choices,
  DATABASE,
  EXECUTOR_TOKEN,
  GRACE,
  keys,
  LISTENS,
  METRICS_PORT,
  PROXY_TOKEN,
  REDIS,
  SHOWS_METRICS,
} from './variables.ts'

/** What most units are like. */
const usual = {
  replicas: 1,
  scales: true,
  published: false,
  advertises: false,
  networks: ['default'],
  memory: 128,
  core: false,
  grace: GRACE,
  volumes: [],
  engineSocket: false,
} as const satisfies Partial<Unit>

type Own = Omit<Partial<Unit>, 'port'> & Pick<Unit, 'name' | 'summary'>

/** One that serves HTTP, which the well-known port of its role is for. */
function service({ variables = [], args = [], ...own }: Own, port: number): Unit {
  const all = [...LISTENS, ...storesOf(own.needs ?? ['redis']), ...variables, ...COMMON]
  return { ...usual, role: own.name, needs: ['redis'], ...own, args, port, healthPort: port, variables: all }
}

/** One that takes its work from Redis, and serves nothing but how it is. */
function consumer({ variables = [], args = [], ...own }: Own): Unit {
  const all = [...SHOWS_METRICS, ...storesOf(own.needs ?? ['redis']), ...variables, ...COMMON]
  return {
    ...usual,
    role: 'worker',
    needs: ['redis'],
    ...own,
    args,
    healthPort: METRICS_PORT,
    variables: all,
  }
}

function storesOf(needs: readonly Store[]): Variable[] {
  return [...(needs.includes('redis') ? REDIS : []), ...(needs.includes('postgres') ? DATABASE : [])]
}

const MODEL_KEYS = keys('OPENAI_API_KEY', 'ANTHROPIC_API_KEY')

/** Every kind of container that a whole system is made of, beside its stores. A new one is one entry here. */
export const units: readonly Unit[] = [
  service(
    {
      name: 'gateway',
      summary: 'The HTTP API: chats, events, queries, documents and evaluations',
      published: true,
      core: true,
      needs: ['redis', 'postgres'],
      variables: [
        ...choices('AGENTCTL_QUERY_RATE', 'AGENTCTL_QUERY_QUOTA', 'AGENTCTL_EVAL_QUEUE_LIMIT'),
        ...choices('AGENTCTL_AUTH', 'AGENTCTL_AUTH_METRICS', 'AGENTCTL_ALLOWED_HOSTS'),
      ],
    },
    8000,
  ),
  consumer({
    name: 'worker',
    summary: 'Answers chats',
    replicas: 2,
    variables: choices('AGENTCTL_HANDLER', 'AGENTCTL_CONCURRENCY'),
  }),
  consumer({
    name: 'rag',
    summary: 'Stages of the query pipeline; apart from each other they scale apart',
    args: ['--stage', 'encoder,retriever,generator'],
    // The file of vectors has one writer; with a Qdrant there may be more.
    scales: false,
    memory: 192,
    variables: [
      { name: 'AGENTCTL_VECTORS_PATH', value: '/data/vectors.db' },
      ...choices('AGENTCTL_ENCODER', 'AGENTCTL_ENCODER_MODEL', 'AGENTCTL_ENCODER_URL', 'QDRANT_URL'),
      ...keys('OPENAI_API_KEY', 'QDRANT_API_KEY'),
    ],
    volumes: [{ name: 'vectors', path: '/data' }],
  }),
  service(
    {
      name: 'llm',
      summary: 'Language models behind one API; without a key the answers come from a mock',
      replicas: 3,
      advertises: true,
      variables: [
        ...MODEL_KEYS,
        ...choices('OPENAI_MODEL', 'OPENAI_BASE_URL', 'ANTHROPIC_MODEL', 'OLLAMA_URL', 'OLLAMA_MODEL'),
        ...choices('AGENTCTL_LLM_PROVIDER', 'AGENTCTL_LLM_FALLBACK', 'CACHE_TTL'),
      ],
    },
    8001,
  ),
  consumer({
    name: 'eval',
    summary: 'Hands evaluations to executors',
    args: ['--stage', 'evaluation', '--executor-urls', 'http://executor:8004'],
    core: true,
    networks: ['default', 'executors'],
    variables: [EXECUTOR_TOKEN, ...choices('AGENTCTL_EVAL_CONCURRENCY')],
  }),
  service(
    {
      name: 'executor',
      summary: 'Runs programs; has neither Redis nor the database, and reaches the engine by the proxy alone',
      args: ['--backend', 'docker', '--docker-proxy', 'http://docker-proxy:8005'],
      core: true,
      needs: [],
      networks: ['executors', 'sandbox'],
      variables: [EXECUTOR_TOKEN, PROXY_TOKEN, ...choices('AGENTCTL_EXECUTOR_CONCURRENCY')],
    },
    8004,
  ),
  service(
    {
      name: 'docker-proxy',
      summary: 'Lets executors run containers for programs, and nothing else; the only one with the socket',
      scales: false,
      memory: 64,
      core: true,
      needs: [],
      networks: ['sandbox'],
      variables: [PROXY_TOKEN, ...choices('AGENTCTL_PYTHON_IMAGE', 'AGENTCTL_NODE_IMAGE')],
      engineSocket: true,
    },
    8005,
  ),
  consumer({
    name: 'storage',
    role: 'storage',
    summary: 'Writes evaluations to PostgreSQL',
    core: true,
    needs: ['redis', 'postgres'],
  }),
  service(
    {
      name: 'campaigns',
      summary: 'Campaigns, and what events earn by their rules',
      published: true,
      advertises: true,
      memory: 160,
      needs: ['redis', 'postgres'],
      variables: [...CAMPAIGNS_LOGIN, ...keys('AGENTCTL_CONFIG_KEY')],
    },
    8003,
  ),
  service(
    {
      name: 'agents',
      summary: 'Agents that register events and make campaigns',
      published: true,
      variables: CAMPAIGNS_LOGIN,
    },
    8002,
  ),
  service(
    {
      name: 'orchestrator',
      summary: 'Gives features workers of their own, in a Kubernetes cluster',
      profile: 'orchestrator',
      // The client of Kubernetes alone takes about 100.
      memory: 256,
      variables: [
        { name: 'AGENTCTL_ORCHESTRATOR_BACKEND', value: 'kubernetes' },
        { name: 'AGENTCTL_WORKER_IMAGE', ownImage: true },
        ...choices(
          'AGENTCTL_NAMESPACE',
          'AGENTCTL_FEATURE_MIN',
          'AGENTCTL_FEATURE_MAX',
          'AGENTCTL_IDLE_TIMEOUT',
        ),
      ],
    },
    8006,
  ),
]
