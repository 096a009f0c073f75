import { chown, stat } from 'node:fs/promises'
import { works } from '../process/index.ts'
import { sqlError } from './errors.ts'

/** Under which user the server runs. */
export interface Account {
  /** The command line that runs a program under it. */
  as(file: string, args: readonly string[]): readonly [file: string, args: readonly string[]]
  /** Makes a file or an empty folder its own. */
  own(path: string): Promise<void>
}

const OURS: Account = { as: (file, args) => [file, args], own: async () => {} }

/** The user `nobody`, on every system where PostgreSQL's programs run. */
const NOBODY = 65_534

/**
 * Capabilities, from none to more, that let a user without rights reach programs and data below folders that are closed to it,
 * such as those in /root. The server keeps its own data safe by owning it; what it gets here is a way through. They must
 * hold for access(2) too, which PostgreSQL asks and which drops them for whoever is not root unless `no_setuid_fixup` is set.
 */
const WAYS = [
  [],
  ...['dac_read_search', 'dac_override'].map((capability) => [
    '--securebits=+no_setuid_fixup',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
  ]),
]

/**
 * PostgreSQL refuses to run as root: then it is run as the user that owns its data, or as `nobody`; otherwise as we are.
 * @param dir folder of its data, which need not exist
 * @param parent the folder around it, which must
 * @param program one that it must be able to start
 * @throws AgentctlError DATABASE_SERVER_FAILED when we are root and there is no way
 */
export async function accountFor(dir: string, parent: string, program: string): Promise<Account> {
  if (process.getuid?.() !== 0) return OURS
  const owner = await stat(dir).catch(() => undefined)
  const [uid, gid] = owner && owner.uid !== 0 ? [owner.uid, owner.gid] : [NOBODY, NOBODY]
  for (const way of WAYS) {
    const prefix = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...way, '--']
    const reaches = ['/bin/sh', '-c', 'test -x "$1" && test -x "$2"', 'sh', parent, program]
    if (!(await works('setpriv', [...prefix, ...reaches]).catch(() => false))) continue
    return {
      as: (file, args) => ['setpriv', [...prefix, file, ...args]],
      own: (path) => chown(path, uid, gid),
    }
  }
  throw sqlError(
    'DATABASE_SERVER_FAILED',
    `PostgreSQL does not run as root, and user ${uid} cannot be made to reach ${parent} and ${program}`,
    {
      fix: 'Install `setpriv` (util-linux), or run agentctl as another user, or set DATABASE_URL.',
    },
  )
}
