import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { z } from 'zod'
import { toProblem } from '../../kernel/index.ts'
import { type HttpApp, type SseHub, sseFrame } from '../../platform/http/index.ts'
import { backendKind, language, type runEvents, type Task, task } from '../messages.ts'
import type { Probe, Sandbox } from '../sandbox.ts'
import type { Runs } from './runs.ts'

export interface ExecutorRoutesOptions {
  sandbox: Sandbox
  probe: Probe
  /** Why it is this sandbox. */
  why: string | undefined
  concurrency: number
  runs: Runs
  hub: SseHub
  /** Throws for whoever may not come in. */
  door: (headers: IncomingHttpHeaders) => void
}

const info = z.object({
  backend: backendKind,
  isolation: z.enum(['container', 'process']),
  languages: z.array(language),
  why: z.string().nullable(),
  concurrency: z.int(),
  running: z.int(),
  waiting: z.int(),
})

export function addExecutorRoutes(app: HttpApp, options: ExecutorRoutesOptions): void {
  const { sandbox, probe, why, concurrency, runs, hub, door } = options
  app.get(
    '/',
    { schema: { tags: ['executor'], summary: 'What programs run in here', response: { 200: info } } },
    () => ({
      backend: sandbox.kind,
      isolation: sandbox.isolation,
      languages: [...probe.languages],
      why: why ?? probe.why ?? null,
      concurrency,
      running: runs.running,
      waiting: runs.waiting,
    }),
  )

  app.post(
    '/run',
    {
      schema: {
        tags: ['executor'],
        summary: 'Run a program',
        description:
          'The answer is `text/event-stream`: `running`, `output` and at last `outcome`, or `error` with a problem. Whoever leaves ends the program.',
        body: task,
      },
      // Before the body is read: whoever may not come in need not send it.
      onRequest: async ({ headers }) => door(headers),
    },
    async (request, reply) => {
      runs.admit(request.body)
      reply.hijack()
      await stream(request.body, reply.raw)
    },
  )

  async function stream(wanted: Task, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    const connection = hub.open(response, { onDrain() {}, onClose: () => gone.abort() })
    const send = <K extends keyof typeof runEvents>(event: K, data: z.input<(typeof runEvents)[K]>) =>
      connection.send(sseFrame(JSON.stringify(data), { event }))
    try {
      const outcome = await runs.run(wanted, {
        signal: gone.signal,
        onRunning: () => send('running', { backend: sandbox.kind }),
        onOutput: (name, text) => send('output', { name, text }),
      })
      if (outcome !== undefined) send('outcome', outcome)
    } catch (error) {
      connection.send(sseFrame(JSON.stringify(toProblem(error)), { event: 'error' }))
    } finally {
      connection.end()
    }
  }
}
