import { join } from 'node:path'
import type { Logger } from '../kernel/index.ts'
import { freePort } from '../platform/process/index.ts'
import { launchPostgres } from './launchers.ts'
import { lastServe } from './run-file.ts'
import type { RoleSpec } from './supervisor.ts'

export interface PostgresPlanOptions {
  databaseUrl?: string | undefined
  /** Whether anybody stores anything: without that no server is started. */
  wanted: boolean
  ephemeral: boolean
}

/** Where an ephemeral server has its data: in a folder that goes with this serve. */
export interface PostgresFolders {
  state: string
  scratch: string
}

/** Milliseconds the embedded server may take to write what it has and end. */
const STOP_TIMEOUT = 8_000

/** The PostgreSQL of a serve: an external one, or an embedded server that is run like a role. */
export interface PostgresPlan {
  /** With its password; none when nobody stores anything. */
  url: string | undefined
  embedded: boolean
  specs(log: Logger): RoleSpec[]
}

/**
 * Checks the URL of an external database, or finds programs, password and port for an embedded server: its address is known
 * before it runs, so that nobody has to wait for it.
 * @throws AgentctlError DATABASE_URL_INVALID, DATABASE_SERVER_MISSING, DATABASE_SERVER_FAILED
 */
export async function planPostgres(
  { databaseUrl, wanted, ephemeral }: PostgresPlanOptions,
  { state, scratch }: PostgresFolders,
): Promise<PostgresPlan> {
  const none = { embedded: false, specs: () => [] }
  if (databaseUrl === undefined && !wanted) return { url: undefined, ...none }
  // The driver is loaded where it is needed only.
  const { embeddedPostgresUrl, findPostgres, parseDatabaseUrl } = await import('../platform/sql/index.ts')
  if (databaseUrl !== undefined) {
    parseDatabaseUrl(databaseUrl)
    return { url: databaseUrl, ...none }
  }
  const dir = join(ephemeral ? scratch : state, 'postgres')
  const [programs, port] = await Promise.all([findPostgres(), freePort(lastPort(state))])
  return {
    url: await embeddedPostgresUrl(dir, port),
    embedded: true,
    specs: (log) => [
      {
        role: 'postgres',
        launch: () => launchPostgres({ programs, dir, port, ephemeral, log }),
        stopTimeout: STOP_TIMEOUT,
        beats: false,
        base: true,
      },
    ],
  }
}

/** After a crash the port of last time, so that those who are connected find it again. */
function lastPort(state: string): number | undefined {
  const url = lastServe(state)?.databaseUrl
  if (url === undefined || !URL.canParse(url)) return undefined
  const { hostname, port } = new URL(url)
  return hostname === '127.0.0.1' ? Number(port) || undefined : undefined
}
