import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { openDatabase, sql } from '../../../src/runtime/platform/sql/index.ts'
import { startChild } from '../support/child.ts'
import { quietLog } from '../support/log.ts'
import type { ServiceApi } from './service.child.ts'

/** Where everything of one run is kept: the same servers for all contenders. */
export interface Servers {
  redisUrl: string
  /** Of the server; contenders have databases of their own on it. */
  databaseUrl: string
}

export interface Service {
  url: string
  stop(): Promise<void>
}

const PASSWORD = 'only-for-the-benchmark'
export const AUTHORIZATION = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`

export async function startService(
  { redisUrl, databaseUrl }: Servers,
  more: Record<string, unknown>,
): Promise<Service> {
  const child = startChild<ServiceApi>(new URL('./service.child.ts', import.meta.url))
  const port = await freePort()
  await child.call('start', { port, redisUrl, databaseUrl, apiPassword: PASSWORD, ...more })
  const url = `http://127.0.0.1:${port}`
  await ready(`${url}/ready`)
  return { url, stop: () => child.stop() }
}

/** It comes up before its tables are there. */
async function ready(url: string): Promise<void> {
  for (let left = 200; left > 0; left--) {
    if ((await fetch(url)).ok) return
    await new Promise((again) => setTimeout(again, 50))
  }
  throw new Error(`${url} does not say that it is ready`)
}

export async function post<T>(base: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(new URL(path, base), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: AUTHORIZATION },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Makes an empty database; resolves with its URL. */
export async function createDatabase(server: string, name: string): Promise<string> {
  await run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await run(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

export async function run<T>(url: string, statement: string): Promise<T[]> {
  const database = openDatabase({ url, name: 'bench', max: 1, log: quietLog() })
  try {
    return (await sql.raw<T>(statement).execute(database.db)).rows
  } finally {
    await database.close()
  }
}
