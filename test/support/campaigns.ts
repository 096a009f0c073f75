import type { Logger } from 'pino'
import { startCampaigns } from '../../src/runtime/campaigns/campaigns.ts'
import { DEFAULT_PASSWORD } from '../../src/runtime/campaigns/index.ts'
import { options as campaignsOptions } from '../../src/runtime/campaigns/options.ts'
import { createCloser, type RunningRole } from '../../src/runtime/kernel/index.ts'
import { createTestDatabase } from './postgres.ts'
import { silent, startTestRedis, type TestRedis } from './redis.ts'

export const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

export interface Answer<T> {
  status: number
  headers: Headers
  body: T
}

export interface AskOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  body?: unknown
  headers?: Record<string, string>
}

/** The campaigns service, in this process. */
export interface TestCampaigns {
  url: string
  databaseUrl: string
  redis: TestRedis
  role: RunningRole
  username: string
  password: string
  /** Value of the header that lets us in. */
  authorization: string
  /** Asks the service, as somebody who is let in. POST when there is a body and no method. */
  ask<T = Record<string, unknown>>(path: string, options?: AskOptions): Promise<Answer<T>>
  close(): Promise<void>
}

export interface TestCampaignsOptions {
  /** Of the role. */
  options?: Record<string, unknown>
  /** Shared ones are not closed; otherwise there are own ones. */
  redis?: TestRedis
  databaseUrl?: string
  name?: string
  log?: Logger
}

/** Starts the role on a free port, with a database and a Redis of its own; resolves once its tables are there. */
export async function startTestCampaigns(given: TestCampaignsOptions = {}): Promise<TestCampaigns> {
  const closer = createCloser()
  try {
    const redis = given.redis ?? closer.add(await startTestRedis(), (opened) => opened.close())
    const databaseUrl =
      given.databaseUrl ?? closer.add(await createTestDatabase(), (opened) => opened.drop()).url
    const values = campaignsOptions.parse({ port: 0, redisUrl: redis.url, databaseUrl, ...given.options })
    const { log = silent, name = 'campaigns-1' } = given
    const role = closer.add(await startCampaigns(values, { log, name }), (opened) => opened.stop())
    const url = role.facts.url as string
    await untilReady(url)
    const { apiUsername: username = 'admin', apiPassword: password = DEFAULT_PASSWORD } = values
    const authorization = basic(username, password)
    return {
      ...{ url, databaseUrl, redis, role, username, password, authorization },
      ask: (path, options) => askService(url, path, options, { authorization }),
      close: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}

/** One request, on a connection of its own: nothing is left open for the leak check. */
export async function askService<T>(
  url: string,
  path: string,
  { method, body, headers = {} }: AskOptions = {},
  more: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(new URL(path, url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') ?? false
  return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as T }
}

async function untilReady(url: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 25) {
    const { status } = await askService(url, '/ready')
    if (status === 200) return
    await new Promise((again) => setTimeout(again, 25))
  }
  throw new Error('the campaigns service did not become ready')
}
