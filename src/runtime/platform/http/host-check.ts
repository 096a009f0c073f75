import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { isLoopback } from '../../kernel/index.ts'
import { httpError } from './errors.ts'

export interface HostCheck {
  /** Address that is listened on. */
  host: string
  /** Names that requests may be for besides the usual ones; with `*` any. */
  allowed: readonly string[]
}

/**
 * Refuses requests for names that are not ours. A web page anywhere can have its own name lead to this machine (DNS rebinding):
 * its visitor's browser then takes the service for part of that page. It still says which name it asks for, and an address
 * in place of a name was never looked up.
 *
 * Without names of its own a service that listens beyond this machine is not checked: it cannot know what it is called there.
 */
export function refuseForeignHosts(app: FastifyInstance, { host, allowed }: HostCheck): void {
  if (allowed.includes('*') || (allowed.length === 0 && !isLoopback(host))) return
  const names = new Set(allowed.map((name) => name.toLowerCase()))
  app.addHook('onRequest', (request, _reply, done) => {
    const name = hostName(request.headers.host)
    if (name === undefined || isOwn(name, names)) return done()
    done(
      httpError('HTTP_HOST', `the request is for "${name.slice(0, 100)}"`, {
        field: 'header.host',
        fix: `If that is a name of this service, start it with --allowed-hosts ${name.slice(0, 100)} (AGENTCTL_ALLOWED_HOSTS).`,
      }),
    )
  })
}

function isOwn(name: string, allowed: ReadonlySet<string>): boolean {
  return isIP(name) !== 0 || /(^|\.)localhost$/.test(name) || allowed.has(name)
}

/** Of a header Host, without port and brackets, in small letters; undefined when there is none. */
export function hostName(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? [
    undefined,
    undefined,
    header,
  ]
  return (bracketed ?? plain).toLowerCase().replace(/\.$/, '')
}
