import { type ErrorTable, errorsOf } from '../../kernel/index.ts'

export const httpErrors = {
  HTTP_INVALID: {
    kind: 'usage',
    title: 'The request is not valid',
    fix: 'Correct the parameter that is named; the routes and their parameters are at /docs.',
  },
  HTTP_BODY_TOO_LARGE: {
    kind: 'usage',
    status: 413,
    title: 'The request body is too large',
    fix: 'Send less; the limit is named in the detail.',
  },
  HTTP_MEDIA_TYPE: {
    kind: 'usage',
    status: 415,
    title: 'The type of the request body is not supported',
    fix: 'Send JSON with the header `Content-Type: application/json`.',
  },
  HTTP_NOT_FOUND: {
    kind: 'not_found',
    title: 'There is no such route',
    fix: 'Look at /docs for the routes of this service.',
  },
  HTTP_METHOD: {
    kind: 'usage',
    status: 405,
    title: 'The route does not support this method',
    fix: 'Use one of the methods in the Allow header.',
  },
  HTTP_PORT_IN_USE: {
    kind: 'usage',
    title: 'The port is in use by another program',
    fix: 'Stop that program, or choose another port with --port (0 takes any free one).',
  },
  HTTP_ADDRESS_INVALID: {
    kind: 'usage',
    title: 'The address cannot be listened on',
    fix: 'Give an address of this machine with --host, and a port above 1023 unless you are root.',
  },
  HTTP_HOST: {
    kind: 'usage',
    status: 421,
    title: 'The request is for another host',
    fix: 'Ask for the address or for localhost, or name the host with --allowed-hosts.',
  },
  HTTP_TLS_INVALID: {
    kind: 'usage',
    title: 'TLS cannot be set up like that',
    fix: 'Give certificate and private key in PEM with --tls-cert and --tls-key; for the certificates of clients also --tls-ca.',
  },
} as const satisfies ErrorTable

export const httpError = errorsOf(httpErrors)
