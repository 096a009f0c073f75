import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GenerateBody } from '../../src/runtime/llm/messages.ts'

/** What a replica is asked, as it came over the wire. */
export type Asked = Partial<GenerateBody>

/** What it answers: a text, or pieces of one with something to wait for before each. */
export type Script = (asked: Asked, signal: AbortSignal) => AsyncIterable<string> | Promise<string> | string

/** A replica of the LLM service that speaks its protocol and says what a test wants. */
export interface LlmStub {
  url: string
  asked: Asked[]
  /** Replaces what it answers. */
  say(script: Script): void
  close(): Promise<void>
}

const COUNTS = { model: 'stub-1', provider: 'Stub', token_count: 2, input_tokens: 1, output_tokens: 1 }
const REST = { ...COUNTS, cached: false, finish_reason: 'stop' as const }

/** A problem document instead of an answer. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

export async function startLlmStub(first: Script = () => 'an answer'): Promise<LlmStub> {
  let script = first
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(request)) as Asked
    asked.push(body)
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      const pieces = script(body, gone.signal)
      if (body.stream === true) return await stream(response, pieces)
      let text = ''
      for await (const piece of iterate(pieces)) text += piece
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ text, ...REST }))
    } catch (error) {
      if (response.headersSent || !(error instanceof Refusal)) return void response.destroy()
      const { status, code, message: detail } = error
      response.writeHead(status, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ type: `urn:agentctl:error:${code}`, title: code, status, detail, code }))
    }
  }

  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    say(next) {
      script = next
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

async function stream(response: ServerResponse, pieces: ReturnType<Script>): Promise<void> {
  for await (const delta of iterate(pieces)) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ delta })}\n\n`)
  }
  response.end(`data: ${JSON.stringify({ done: REST })}\n\ndata: [DONE]\n\n`)
}

async function* iterate(pieces: ReturnType<Script>): AsyncGenerator<string> {
  if (typeof pieces === 'string' || pieces instanceof Promise) yield await pieces
  else yield* pieces
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += chunk
  return text
}
