import { loadConfig } from '../../kernel/index.ts'
import { isPortFree } from '../../platform/process/index.ts'
import { roles } from '../../roles.ts'
import { type Check, ok, type Remark, warn } from '../check.ts'
import { type Holder, holderOf } from '../port-holder.ts'

export const ports: Check = {
  name: 'ports',
  area: 'ports',
  title: 'the ports of the roles',
  async run({ serve }) {
    const status = await serve().catch(() => undefined)
    const ours = new Set((status?.replicas ?? []).flatMap(({ pid }) => (pid === null ? [] : [pid])))
    return Promise.all(wanted().map((place) => look(place, ours)))
  },
}

interface Place {
  role: string
  host: string
  port: number
}

/** Where each role listens when nothing else is said. */
function wanted(): Place[] {
  return roles
    .filter(({ listens }) => listens)
    .flatMap(({ name, options }) => {
      try {
        const { host, port } = loadConfig(options, {}).values as { host?: string; port?: number }
        return port === undefined || port === 0 ? [] : [{ role: name, host: host ?? '127.0.0.1', port }]
      } catch {
        return [] // the check of the values says so
      }
    })
}

async function look({ role, host, port }: Place, ours: ReadonlySet<number>): Promise<Remark> {
  if (await isPortFree(port, host)) return ok(`${port} (${role}) is free`)
  return judgeHolder({ role, port }, await holderOf(port), ours)
}

/** @param ours process ids of the serve that runs here */
export function judgeHolder(
  { role, port }: { role: string; port: number },
  holder: Holder | undefined,
  ours: ReadonlySet<number>,
): Remark {
  if (holder && ours.has(holder.pid)) return ok(`${port} (${role}) is held by the serve that runs here`)
  const who = holder === undefined ? 'another program' : `${nameOf(holder)} (process ${holder.pid})`
  return warn(
    `${port} (${role}) is held by ${who}`,
    `\`agentctl ${role}\` cannot listen there. ${role === 'gateway' ? '`agentctl serve` does not start.' : '`agentctl serve` takes another port for it.'}`,
    holder === undefined
      ? `Give the role another one: \`agentctl ${role} --port 0\``
      : `End it with \`kill ${holder.pid}\` if it is not needed, or give the role another one: \`agentctl ${role} --port 0\``,
  )
}

function nameOf({ command }: Holder): string {
  return /agentctl(\.js)?\b/.test(command)
    ? 'another agentctl'
    : (command.split(' ')[0]?.split('/').at(-1) ?? 'a program')
}
