import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { shellWord } from '../../kernel/index.ts'
import { type Check, type DoctorContext, fail, info, ok, type Remark, warn } from '../check.ts'

const NEEDED = 24
const MB = 1024 ** 2

export const nodeVersion: Check = {
  name: 'node',
  area: 'machine',
  title: 'the version of Node',
  run: () => [judgeNode(process.versions.node)],
}

export function judgeNode(version: string): Remark {
  const major = Number(version.split('.')[0])
  if (major >= NEEDED) return ok(`Node ${version}`)
  return fail(
    `Node ${version} is older than ${NEEDED}`,
    'Roles may not start, or end without a word.',
    `Install Node ${NEEDED} or newer from https://nodejs.org`,
  )
}

export const disk: Check = {
  name: 'disk',
  area: 'machine',
  title: 'the space on the disk',
  async run({ stateDir }) {
    const { bavail, bsize } = await nearestFolder(stateDir)
    return [judgeDisk(Number(bavail) * Number(bsize), stateDir)]
  },
}

/** The state folder, or where it would be made. */
async function nearestFolder(folder: string): ReturnType<typeof statfs> {
  try {
    return await statfs(folder)
  } catch (error) {
    if (dirname(folder) === folder) throw error
    return nearestFolder(dirname(folder))
  }
}

/** @param free bytes */
export function judgeDisk(free: number, folder: string): Remark {
  const left = free >= 1024 * MB ? `${(free / 1024 / MB).toFixed(1)} GB` : `${Math.round(free / MB)} MB`
  const what = `${left} free on the disk of ${folder}`
  const why = 'Redis and PostgreSQL stop taking writes when the disk is full.'
  const fix = `Make room: \`du -sh ${shellWord(folder)}\` says what is in it`
  if (free < 256 * MB) return fail(`Only ${what}`, why, fix)
  if (free < 1024 * MB) return warn(`Only ${what}`, why, fix)
  return ok(what)
}

export const openFiles: Check = {
  name: 'open-files',
  area: 'machine',
  title: 'the limit of open files',
  run() {
    const limit = openFilesLimit()
    return limit === undefined ? [] : [judgeOpenFiles(limit)]
  },
}

/** Of this process; Node has raised it to what is allowed, as it does in roles. */
function openFilesLimit(): number | undefined {
  try {
    const text = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return text === 'unlimited' ? Number.POSITIVE_INFINITY : text === undefined ? undefined : Number(text)
  } catch {
    return undefined
  }
}

export function judgeOpenFiles(limit: number): Remark {
  if (limit >= 8_192)
    return ok(`A process may open ${Number.isFinite(limit) ? limit : 'any number of'} files`)
  return warn(
    `A process may open only ${limit} files`,
    'Each client that reads a stream is an open file: the gateway refuses further ones at the limit.',
    'Raise it before starting: `ulimit -n 65536`, or LimitNOFILE=65536 in the unit of systemd',
  )
}

export const terminal: Check = {
  name: 'terminal',
  area: 'machine',
  title: 'the terminal',
  run: judgeTerminal,
}

export function judgeTerminal({
  env,
  terminal: { tty, columns, depth },
}: Pick<DoctorContext, 'env' | 'terminal'>) {
  if (!tty) return [ok('No terminal: output is plain, and the dashboard prints once')]
  const remarks: Remark[] = []
  const term = env.TERM ?? ''
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  if (term === '' || term === 'dumb')
    remarks.push(
      info(
        `TERM is ${term || 'not set'}`,
        'The dashboard cannot draw.',
        'Set it to what your terminal is: `export TERM=xterm-256color`',
      ),
    )
  if (!/utf-?8/i.test(locale))
    remarks.push(
      warn(
        `The locale ${locale === '' ? 'is not set' : `is ${locale}`}, without UTF-8`,
        'Lines and marks of the dashboard may show as question marks.',
        '`export LANG=C.UTF-8`',
      ),
    )
  if (columns !== undefined && columns < 80)
    remarks.push(
      info(`The terminal has ${columns} columns`, 'Columns of tables are left out.', 'Make the window wider'),
    )
  if (remarks.length > 0) return remarks
  return [ok(`Terminal ${term}, ${depth > 1 ? `${2 ** Math.min(depth, 24)} colours` : 'no colours'}`)]
}
