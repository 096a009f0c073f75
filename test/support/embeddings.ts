import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A local server that answers `POST /v1/embeddings` as OpenAI does, errors and encodings included. */
export interface EmbeddingsServer {
  /** Up to and including /v1. */
  url: string
  /** Bodies received. */
  asked: { input: string[]; model: string; dimensions?: number; encoding_format?: string }[]
  /** Answers in its place when it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean
  close(): Promise<void>
}

export interface EmbeddingsOptions {
  dimension: number
  apiKey?: string
  /** Answers with floats whatever is asked for, as some compatible servers do. */
  floatsOnly?: boolean
}

export async function startEmbeddings({
  dimension,
  apiKey,
  floatsOnly,
}: EmbeddingsOptions): Promise<EmbeddingsServer> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    if (embeddings.instead(request, response)) return
    if (request.method !== 'POST' || request.url !== '/v1/embeddings')
      return send(response, 404, problem('no such path'))
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      return send(response, 401, problem('Incorrect API key provided: wrong.', 'invalid_api_key'))
    }
    const body = JSON.parse(Buffer.concat(parts).toString())
    embeddings.asked.push(body)
    if (body.input.length > 2_048 || body.input.includes(''))
      return send(response, 400, problem("'$.input' is invalid."))
    const width = body.dimensions ?? dimension
    const asText = body.encoding_format === 'base64' && !floatsOnly
    const data = (body.input as string[]).map((text, index) => {
      const vector = vectorOf(text, width)
      const embedding = asText ? Buffer.from(vector.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    })
    const usage = { prompt_tokens: data.length, total_tokens: data.length }
    send(response, 200, { object: 'list', data, model: body.model, usage })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const embeddings: EmbeddingsServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: [],
    instead: () => false,
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
  return embeddings
}

export function problem(message: string, code: string | null = null) {
  return { error: { message, type: 'invalid_request_error', param: null, code } }
}

export function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** How often each letter occurs, by its code; not of length 1, as some servers' are not. */
export function vectorOf(text: string, dimension: number): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimension)
  for (const letter of `${text}.`) {
    const place = (letter.codePointAt(0) ?? 0) % dimension
    vector[place] = (vector[place] ?? 0) + 1
  }
  return vector
}
