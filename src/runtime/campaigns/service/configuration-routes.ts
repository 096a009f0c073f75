import { z } from 'zod'
import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import { configuration, entry, entryName, newEntry } from '../messages/configuration.ts'
import type { Configuration } from '../store/configuration.ts'

const tags = ['configuration']
const params = z.object({ name: entryName })

/** GET /configuration; GET, PUT and DELETE /configuration/{name}. */
export function addConfigurationRoutes(app: HttpApp, { entries }: { entries: Configuration }): void {
  app.get(
    '/configuration',
    {
      schema: {
        operationId: 'listConfiguration',
        tags,
        summary: 'All entries by name; secrets are masked',
        response: { 200: configuration },
      },
    },
    async () => ({ entries: await entries.list() }),
  )

  app.get(
    '/configuration/:name',
    {
      schema: {
        operationId: 'getConfiguration',
        tags,
        summary: 'An entry; the value of a secret is masked',
        params,
        response: { 200: entry, ...problemResponses(400, 404) },
      },
    },
    ({ params: { name } }) => entries.get(name),
  )

  app.put(
    '/configuration/:name',
    {
      schema: {
        operationId: 'setConfiguration',
        tags,
        summary: 'Set an entry',
        description:
          'A secret, which it is unless that is denied, is encrypted with AGENTCTL_CONFIG_KEY and never given back.',
        params,
        body: newEntry,
        response: { 200: entry, ...problemResponses(400, 409, 413, 415) },
      },
    },
    ({ params: { name }, body }) => entries.put(name, body),
  )

  app.delete(
    '/configuration/:name',
    {
      schema: {
        operationId: 'removeConfiguration',
        tags,
        summary: 'Remove an entry',
        params,
        response: { 204: z.null().describe('It is gone'), ...problemResponses(400, 404) },
      },
    },
    async ({ params: { name } }, reply) => {
      await entries.remove(name)
      return reply.code(204).send(null)
    },
  )
}
