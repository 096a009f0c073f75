const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  EMFILE: 'too many open files',
  EADDRNOTAVAIL: 'no local port left',
  EPROTO: 'TLS failed',
}

/** A short name for why a connection has failed: the same for the same cause, without addresses and ports. */
export function causeOf(error: unknown): string {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return 'connection failed'
  return (
    CAUSES[code] ??
    (/^(ERR_SSL|ERR_TLS|CERT|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code) ? `TLS: ${code}` : code)
  )
}
