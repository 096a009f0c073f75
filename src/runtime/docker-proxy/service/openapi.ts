interface Operation {
  summary: string
  tags: readonly string[]
  responses: Readonly<Record<string, { description: string }>>
  parameters?: readonly object[]
}

const REFUSED = { description: 'Not allowed: {"message": WHY}, as dockerd words its errors' }
const MISSING = { description: 'There is no such container' }

const service = (summary: string): Operation => ({
  summary,
  tags: ['service'],
  responses: { 200: { description: 'OK' } },
})
const engine = (summary: string): Operation => ({
  summary,
  tags: ['engine'],
  responses: { 200: { description: 'As the engine answers' }, 403: REFUSED },
})
const container = (summary: string): Operation => ({
  summary,
  tags: ['containers'],
  parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
  responses: { '2XX': { description: 'As the engine answers' }, 403: REFUSED, 404: MISSING },
})

/** Everything the proxy answers; the API of the engine has a version before it or none. */
export function openApiDocument(version: string) {
  const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
    '/health': { get: service('Is the process alive') },
    '/ready': { get: service('Is the engine reached') },
    '/metrics': { get: service('Prometheus metrics') },
    '/_ping': { get: engine('Whether the engine answers'), head: engine('The same, without a body') },
    '/version': { get: engine('Which engine it is') },
    '/containers/json': { get: engine('List the containers of evaluations') },
    '/containers/create': {
      post: engine('Make a container of an evaluation, hardened whatever the body says'),
    },
    '/containers/{id}/start': { post: container('Start one') },
    '/containers/{id}/attach': { post: container('Connect to its stdin, stdout and stderr') },
    '/containers/{id}/wait': { post: container('Wait for its end') },
    '/containers/{id}/kill': { post: container('Send it SIGKILL or SIGTERM') },
    '/containers/{id}/json': { get: container('Look at one') },
    '/containers/{id}': { delete: container('Remove one') },
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'agentctl docker-proxy',
      description: 'The part of the Docker API that runs evaluations; all else is refused.',
      version,
    },
    paths,
  }
}
