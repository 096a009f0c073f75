import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { messageOf } from '../../kernel/index.ts'
import { redisError } from './errors.ts'
import type { RedisTarget } from './target.ts'

/**
 * What the driver needs to speak TLS; undefined for a URL that is not `rediss`.
 * @throws AgentctlError REDIS_URL_INVALID when a file cannot be read
 */
export function tlsOf({ tls, tlsCa, tlsCert, tlsKey }: RedisTarget): ConnectionOptions | undefined {
  if (!tls) return undefined
  return {
    ...(tlsCa === undefined ? {} : { ca: read('tls_ca', tlsCa) }),
    ...(tlsCert === undefined ? {} : { cert: read('tls_cert', tlsCert) }),
    ...(tlsKey === undefined ? {} : { key: read('tls_key', tlsKey) }),
  }
}

function read(name: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw redisError('REDIS_URL_INVALID', `${name}=${file} cannot be read: ${messageOf(cause)}`, {
      cause,
      field: 'redisUrl',
      fix: 'Name a file in PEM that this user can read.',
    })
  }
}
