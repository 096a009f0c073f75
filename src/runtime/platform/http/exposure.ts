import { type TlsFiles, type TlsSettings, tlsFilesOf } from './tls.ts'

/** What a server takes of the settings for roles that others reach over a network. */
export interface Exposure {
  tls: TlsFiles | undefined
  allowedHosts: readonly string[]
}

/** @throws AgentctlError HTTP_TLS_INVALID */
export function exposureOf(options: TlsSettings & { allowedHosts: readonly string[] }): Exposure {
  return { tls: tlsFilesOf(options), allowedHosts: options.allowedHosts }
}
