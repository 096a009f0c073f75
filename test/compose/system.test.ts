import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROXY_LABEL } from '../../src/runtime/docker-proxy/index.ts'
import { units } from '../../src/runtime/manifests/index.ts'
import { type Container, createSystem, curl, findCompose, type System } from '../support/compose.ts'

const compose = await findCompose()
const JSON_BODY = ['-H', 'Content-Type: application/json', '-d']
const MIB = 2 ** 20
/** What runs programs, with the stores: fits into 950 MiB. */
const CORE = [...units.filter(({ core }) => core).map(({ name }) => name), 'redis', 'postgres']
const BUDGET = 950
/** For tests that have containers made anew, or killed. */
const LONG = { timeout: 420_000 }

describe.skipIf(compose === undefined)('docker compose up -d --scale worker=5', () => {
  let system: System

  beforeAll(async () => {
    system = await createSystem(compose as NonNullable<typeof compose>)
    await system.up('--scale', 'worker=5')
  }, 420_000)

  afterAll(async () => {
    await system?.compose('down', '--volumes', '--remove-orphans')
    system?.engine.close()
  }, 180_000)

  const at = (path: string) => `${system.urls.gateway}${path}`

  async function messagesOf(chat: string): Promise<Record<string, string>[]> {
    const events = await curl('-N', '-X', 'POST', at(`/stream?feature_id=test&chat_id=${chat}`))
    const data = events.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
    expect(data.at(-1)).toBe('[DONE]')
    return data.slice(0, -1).map((line) => JSON.parse(line) as Record<string, string>)
  }

  async function evaluate(code: string): Promise<string> {
    const accepted = await curl('-X', 'POST', at('/api/eval'), ...JSON_BODY, JSON.stringify({ code }))
    return (JSON.parse(accepted) as { eval_id: string }).eval_id
  }

  const statusOf = async (id: string) =>
    JSON.parse(await curl(at(`/api/eval-status/${id}?wait=60000`))) as Record<string, unknown>

  const sql = async (query: string) =>
    (await system.compose('exec', '-T', 'postgres', 'psql', '-U', 'agentctl', '-At', '-c', query)).trim()

  const redisCli = async (...args: string[]) =>
    (await system.compose('exec', '-T', 'redis', 'redis-cli', ...args)).trim()

  const ids = Array.from({ length: 20 }, (_, i) => String(i))

  it('starts as many of everything as it says', async () => {
    const usual = units.filter(({ profile }) => profile === undefined)
    const count = Object.fromEntries(usual.map(({ name, replicas }) => [name, replicas]))
    const expected = { ...count, worker: 5, redis: 1, postgres: 1 }
    const started = (await system.containers()).map(({ Config }) => serviceOf(Config.Labels))
    for (const [service, replicas] of Object.entries(expected))
      expect(
        started.filter((name) => name === service),
        service,
      ).toHaveLength(replicas)
  })

  it('streams a chat, and leaves it in Redis', async () => {
    expect((await messagesOf('chat-1')).map(({ id }) => id)).toEqual(ids)
    expect(Number(await redisCli('XLEN', 'stream:test:chat-1'))).toBeGreaterThanOrEqual(20)
    expect(await redisCli('XRANGE', 'stream:test:chat-1', '-', '+')).toContain('Message 19 from feature test')
  })

  it('shares chats among the workers', async () => {
    const chats = await Promise.all(Array.from({ length: 30 }, (_, i) => messagesOf(`many-${i}`)))
    for (const chat of chats) expect(chat.map(({ id }) => id)).toEqual(ids)
    expect(new Set(chats.map(([first]) => first?.container_id)).size).toBeGreaterThan(1)
  })

  it('answers a question from documents, at once and as a stream', async () => {
    const documents = JSON.stringify({
      text: 'Machine learning is the study of programs that improve by data.',
    })
    await curl('-X', 'POST', at('/documents'), ...JSON_BODY, documents)
    const question = JSON.stringify({ query: 'What is machine learning?' })
    const answer = JSON.parse(await curl('-X', 'POST', at('/query'), ...JSON_BODY, question))
    expect(answer).toMatchObject({
      replica: expect.stringMatching(/^http:/),
      contexts: [{ id: expect.any(String) }],
    })
    const streamed = await curl('-N', '-X', 'POST', at('/query?stream=1'), ...JSON_BODY, question)
    expect(streamed).toMatch(/"type":"token"/)
    expect(streamed.trim()).toMatch(/data: \[DONE\]$/)
  })

  it('runs a program in a container, and writes it into PostgreSQL', async () => {
    const id = await evaluate('print("Hello, Events!")')
    expect(await statusOf(id)).toMatchObject({
      status: 'completed',
      stdout: 'Hello, Events!\n',
      backend: 'docker',
    })
    const row = `select status, stdout from evaluations where eval_id = '${id}'`
    await expect.poll(() => sql(row), { timeout: 30_000 }).toBe('completed|Hello, Events!')
  })

  it('has campaigns and agents behind their password', async () => {
    const file = "require('fs').readFileSync('/secrets/api-password/value', 'utf8')"
    const password = (await system.compose('exec', '-T', 'campaigns', 'node', '-p', file)).trim()
    expect(password).toMatch(/^[0-9a-f]{48}$/)
    const login = ['-u', `admin:${password}`]
    const made = await curl(...login, `${system.urls.campaigns}/campaigns`)
    expect(JSON.parse(made)).toHaveProperty('campaigns')
    await expect(curl(`${system.urls.campaigns}/campaigns`)).rejects.toThrow(/401/)
    expect(JSON.parse(await curl(`${system.urls.agents}/health`))).toMatchObject({ status: 'ok' })
  })

  it('loses nothing when a worker and what runs programs are killed amid their work', LONG, async () => {
    const chats = Promise.all(Array.from({ length: 10 }, (_, i) => messagesOf(`killed-${i}`)))
    const evaluations = await Promise.all(
      Array.from({ length: 4 }, (_, i) => evaluate(`import time; time.sleep(2); print(${i})`)),
    )
    for (const service of ['worker', 'eval', 'storage']) {
      const [container] = await system.containers(service)
      await system.killAndRestart(container as Container)
    }
    for (const messages of await chats) expect(messages.map(({ id }) => id)).toEqual(ids)
    // An attempt whose worker was killed is made again by another, once its lease has run out.
    for (const [i, id] of evaluations.entries())
      await expect
        .poll(() => statusOf(id), { timeout: 180_000 })
        .toMatchObject({ status: 'completed', stdout: `${i}\n` })
    const stored = `select count(*) from evaluations where status = 'completed' and eval_id in (${evaluations.map((id) => `'${id}'`)})`
    await expect.poll(() => sql(stored), { timeout: 60_000 }).toBe('4')
  })

  it('keeps documents and evaluations when their containers are made anew', LONG, async () => {
    const id = await evaluate('print("kept")')
    await statusOf(id)
    await system.up(
      '--force-recreate',
      '--scale',
      'worker=5',
      'redis',
      'postgres',
      'rag',
      'gateway',
      'storage',
    )
    expect(await statusOf(id)).toMatchObject({ stdout: 'kept\n' })
    const listed = JSON.parse(await curl(at('/documents'))) as { documents: object[] }
    expect(listed.documents).toHaveLength(1)
  })

  it('holds every container to what it needs', async () => {
    for (const { Name, HostConfig, Config } of await system.containers()) {
      expect(HostConfig, Name).toMatchObject({ ReadonlyRootfs: true, Privileged: false, CapDrop: ['ALL'] })
      expect(HostConfig.SecurityOpt, Name).toContain('no-new-privileges:true')
      const service = serviceOf(Config.Labels)
      const proxy = service === 'docker-proxy'
      expect(Config.User === 'root', Name).toBe(proxy || service === 'secrets')
      expect((Config.Env ?? []).join('\n'), Name).not.toMatch(/(PASSWORD|TOKEN|KEY)=/)
      expect(
        (HostConfig.Binds ?? []).some((bind) => bind.includes('docker.sock')),
        Name,
      ).toBe(proxy)
    }
  })

  it('lets executors reach neither Redis nor the database', async () => {
    const connect = `require('net').connect(Number(process.argv[2]), process.argv[1]).on('connect', () => process.exit(9)).on('error', (error) => console.log(error.code))`
    for (const [host, port] of [
      ['redis', '6379'],
      ['postgres', '5432'],
    ] as const)
      expect(
        (await system.compose('exec', '-T', 'executor', 'node', '-e', connect, host, port)).trim(),
      ).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/)
  })

  it('runs programs within the memory that was promised', async () => {
    const core = (await system.containers()).filter(({ Config }) => CORE.includes(serviceOf(Config.Labels)))
    const limits = core.map(({ HostConfig }) => HostConfig.Memory)
    expect(limits.every((limit) => limit > 0)).toBe(true)
    expect(limits.reduce((sum, limit) => sum + limit, 0) / MIB).toBeLessThanOrEqual(BUDGET)
    for (const { Name, State } of await system.containers()) expect(State.OOMKilled, Name).toBe(false)
  })

  it('leaves nothing behind when it is taken down', async () => {
    const [proxy] = await system.containers('docker-proxy')
    await evaluate('import time; time.sleep(20)')
    await expect.poll(() => programsOf(proxy as Container)).not.toEqual([])
    await system.compose('down', '--volumes')
    expect(await system.leftovers()).toEqual([])
    expect(await programsOf(proxy as Container)).toEqual([])
  })

  /** Containers of programs that this proxy has made; other proxies may use the same engine. */
  async function programsOf({ Id }: Container): Promise<string[]> {
    const filters = JSON.stringify({ label: [PROXY_LABEL] })
    const found = await system.engine.json<Container['Config'][]>({
      method: 'GET',
      path: `/containers/json?${new URLSearchParams({ all: '1', filters })}`,
    })
    const makers = found.map(({ Labels }) => Labels[PROXY_LABEL] ?? '')
    return makers.filter((maker) => maker.startsWith(`${Id.slice(0, 12)}/`))
  }
})

const serviceOf = (labels: Record<string, string>) => labels['com.docker.compose.service'] ?? ''
