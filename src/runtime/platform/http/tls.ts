import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { httpError } from './errors.ts'

/** Files in PEM. */
export interface TlsFiles {
  cert: string
  key: string
  /** Whose clients are let in: with it, each needs a certificate of this authority. */
  ca?: string | undefined
}

/** Settings as a role has them. */
export interface TlsSettings {
  tlsCert?: string | undefined
  tlsKey?: string | undefined
  tlsCa?: string | undefined
}

/**
 * @returns undefined for plain HTTP
 * @throws AgentctlError HTTP_TLS_INVALID when half of it is missing
 */
export function tlsFilesOf({ tlsCert: cert, tlsKey: key, tlsCa: ca }: TlsSettings): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key, ca }
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  const [given, missing] =
    key !== undefined
      ? ['--tls-key', '--tls-cert']
      : [cert === undefined ? '--tls-ca' : '--tls-cert', '--tls-key']
  throw httpError('HTTP_TLS_INVALID', `${given} is given without ${missing}`, { field: missing.slice(2) })
}

/**
 * What a server needs, with TLS 1.2 or newer.
 * @throws AgentctlError HTTP_TLS_INVALID naming the file
 */
export function tlsOptionsOf(files: TlsFiles): TlsOptions {
  const clients = files.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }
  return { ...readContext(files), ...clients }
}

function readContext(files: TlsFiles): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: read(files.cert),
    key: read(files.key),
    minVersion: 'TLSv1.2',
  }
  if (files.ca !== undefined) options.ca = read(files.ca)
  try {
    createSecureContext(options)
  } catch (cause) {
    throw httpError('HTTP_TLS_INVALID', `${files.cert} and ${files.key}: ${messageOf(cause)}`, { cause })
  }
  return options
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw httpError('HTTP_TLS_INVALID', `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** Milliseconds between two looks: whoever renews certificates replaces the files in whatever way. */
const LOOK = 10_000

export interface Renewal {
  files: TlsFiles
  /** The server, as far as it matters here. */
  server: { setSecureContext(options: SecureContextOptions): void }
  log: Logger
  every?: number
}

/** Takes certificates that were replaced, for new connections; keeps the old ones while the new ones cannot be used. */
export function renewCertificates({ files, server, log, every = LOOK }: Renewal): { stop(): void } {
  let last = versionOf(files)
  const timer = setInterval(() => {
    const now = versionOf(files)
    if (now === last) return
    last = now
    try {
      server.setSecureContext(readContext(files))
      log.info({ cert: files.cert }, 'the new certificate is in use')
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the new certificate cannot be used: the old one stays')
    }
  }, every)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** Changes with the files; they may be missing or out of reach for a moment. */
function versionOf({ cert, key, ca }: TlsFiles): string {
  return [cert, key, ...(ca === undefined ? [] : [ca])].map(stampOf).join()
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(file)
    return `${mtimeMs}/${ino}/${size}`
  } catch {
    return ''
  }
}
