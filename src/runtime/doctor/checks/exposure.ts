import { statSync } from 'node:fs'
import { isLoopback, loadConfig, shellWord, variablesOf } from '../../kernel/index.ts'
import { roles } from '../../roles.ts'
import { type Check, type DoctorContext, ok, type Remark, warn } from '../check.ts'

export const exposure: Check = {
  name: 'exposure',
  area: 'settings',
  title: 'who reaches the gateway, and the files of secrets',
  run: ({ env, schemas }) => {
    const remarks = [...gatewayRemarks(), ...secretFiles(env, schemas).flatMap(judgeFile)]
    return remarks.length > 0 ? remarks : [ok('Nothing is open to strangers')]
  },
}

function gatewayRemarks(): Remark[] {
  const options = roles.find(({ name }) => name === 'gateway')?.options
  if (options === undefined) return []
  try {
    return judgeGateway(loadConfig(options, {}).values as unknown as Door)
  } catch {
    return [] // the check of the values says so
  }
}

interface Door {
  host: string
  auth: string
  tlsCert?: string | undefined
}

export function judgeGateway({ host, auth, tlsCert }: Door): Remark[] {
  if (isLoopback(host)) return []
  if (auth === 'off')
    return [
      warn(
        `The gateway listens on ${host} and lets anybody in`,
        'Whoever reaches its port may run programs and read everything.',
        'Set AGENTCTL_AUTH=keys and make keys with `agentctl keys create`; or leave AGENTCTL_HOST at 127.0.0.1',
      ),
    ]
  if (tlsCert !== undefined) return []
  return [
    warn(
      `The gateway listens on ${host} without TLS`,
      'API keys can be read on the way, unless a proxy before it speaks TLS.',
      'Set AGENTCTL_TLS_CERT and AGENTCTL_TLS_KEY, or put a proxy before it',
    ),
  ]
}

export interface SecretFile {
  variable: string
  path: string
  mode: number
}

/** Names a file in any case. */
const PRIVATE_KEY = 'AGENTCTL_TLS_KEY'

function secretFiles(env: DoctorContext['env'], schemas: DoctorContext['schemas']): SecretFile[] {
  const secret = schemas.flatMap(({ shape }) => Object.values(shape)).map((field) => field.meta() ?? {})
  const pointers = secret.flatMap((meta) => variablesOf(meta).filter((name) => !meta.env?.includes(name)))
  return [...new Set([PRIVATE_KEY, ...pointers])].flatMap((variable) => {
    const path = env[variable]
    const mode = path ? modeOf(path) : undefined
    return path && mode !== undefined ? [{ variable, path, mode }] : []
  })
}

/** Undefined of what is not there, or out of reach: others do not reach it either. */
function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode
  } catch {
    return undefined
  }
}

/** Where containers mount secrets, only they see them, whatever the mode says. */
const MOUNTED = /^(\/var)?\/run\/secrets\//
const OTHERS_READ = 0o004

export function judgeFile({ variable, path, mode }: SecretFile): Remark[] {
  if ((mode & OTHERS_READ) === 0 || MOUNTED.test(path)) return []
  return [
    warn(
      `${path}, which ${variable} names, can be read by everybody`,
      'Each user of this machine can read the secret in it.',
      `\`chmod 600 ${shellWord(path)}\``,
    ),
  ]
}
