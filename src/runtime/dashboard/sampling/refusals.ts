import type { PaneName, Unknown } from '../snapshot.ts'

/** Commands a server may refuse, and what is missing without them. */
const PARTS = {
  info: { command: 'INFO', pane: 'overview', what: 'How the server is' },
  dbsize: { command: 'DBSIZE', pane: 'overview', what: 'How many keys there are' },
  scan: { command: 'SCAN', pane: 'streams', what: 'Streams that no program has registered' },
  registry: { command: 'SCARD', pane: 'streams', what: 'Streams that programs have registered' },
  type: { command: 'TYPE', pane: 'streams', what: 'Registered streams that are new' },
  length: { command: 'XLEN', pane: 'streams', what: 'How long streams are' },
  stream: { command: 'XINFO|STREAM', pane: 'streams', what: 'Rates and newest entries of streams' },
  group: { command: 'XINFO|GROUPS', pane: 'groups', what: 'Consumer groups' },
  consumers: { command: 'XINFO|CONSUMERS', pane: 'groups', what: 'Which consumers are alive' },
  pending: { command: 'XPENDING', pane: 'groups', what: 'How long entries have been pending' },
  queues: { command: 'LLEN', pane: 'overview', what: 'How many jobs wait' },
  pools: { command: 'EVALSHA', pane: 'replicas', what: 'Loads of replicas' },
} as const satisfies Record<string, { command: string; pane: PaneName; what: string }>

export type RefusablePart = keyof typeof PARTS

/** What this server, or this user of it, does not answer: it is left out, and asked again only after a while. */
export interface Refusals {
  /** False while a refusal is fresh: each one is noted in the server's log. */
  allows(part: RefusablePart): boolean
  /** Takes an error; false when it is none of these. */
  note(part: RefusablePart, error: Error): boolean
  list(): Unknown[]
}

/** Milliseconds until it is tried again. */
const AGAIN = 60_000

/** @param monotonic milliseconds */
export function createRefusals(monotonic: () => number): Refusals {
  const refused = new Map<RefusablePart, { at: number; unknown: Unknown }>()
  return {
    allows(part) {
      const refusal = refused.get(part)
      if (refusal === undefined) return true
      if (monotonic() - refusal.at < AGAIN) return false
      refused.delete(part)
      return true
    },
    note(part, error) {
      const why = reasonOf(error)
      if (why === undefined) return false
      const { command, pane, what } = PARTS[part]
      const words = command.replace('|', ' ')
      const unknown: Unknown =
        why === 'forbidden'
          ? {
              pane,
              what: `${what}: this user of Redis may not run ${words}`,
              fix: `Allow it with \`ACL SETUSER NAME +${command.toLowerCase()}\`.`,
            }
          : {
              pane,
              what: `${what}: this Redis does not know ${words} as it is used here`,
              fix: 'Use Redis 7.0 or later.',
            }
      refused.set(part, { at: monotonic(), unknown })
      return true
    },
    list: () => [...refused.values()].map(({ unknown }) => unknown),
  }
}

function reasonOf({ message }: Error): 'forbidden' | 'unknown' | undefined {
  if (isHidden(message)) return undefined
  if (/^NOPERM /.test(message)) return 'forbidden'
  return /unknown (sub)?command|syntax error|wrong number of arguments/i.test(message) ? 'unknown' : undefined
}

/** Whether it is the key that this user may not read, and not the command that it may not run. */
export function isHidden(message: string): boolean {
  return /^NOPERM .*\bkeys?\b/.test(message)
}
