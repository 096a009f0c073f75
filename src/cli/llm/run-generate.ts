import { text as readAll } from 'node:stream/consumers'
import { kernelError } from '../../runtime/kernel/index.ts'
import type { GenerateAnswer, GenerateRequest } from '../../runtime/llm/messages.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import type { ServiceClient } from './service-client.ts'

/** As parsed; what was not given is left to the service. */
export interface GenerateFlags {
  provider?: string | undefined
  model?: string | undefined
  system?: string | undefined
  'max-tokens'?: number | undefined
  temperature?: string | undefined
  timeout?: number | undefined
  cache: boolean
}

/** @throws AgentctlError CONFIG_INVALID */
export function requestOf(prompt: string, flags: GenerateFlags): GenerateRequest {
  const { provider, model, system, 'max-tokens': maxTokens, temperature, timeout, cache } = flags
  return {
    prompt,
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(system === undefined ? {} : { system }),
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature: numberOf(temperature) }),
    ...(timeout === undefined ? {} : { timeout_ms: timeout }),
    use_cache: cache,
  }
}

function numberOf(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw kernelError('CONFIG_INVALID', `--temperature: "${text}" is not a number`, { field: 'temperature' })
}

/** The argument, or what is on stdin where that is `-`. */
export async function promptOf(
  argument: string,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<string> {
  return argument === '-' ? (await readAll(input)).trimEnd() : argument
}

export interface GenerateOutput {
  /** Data. */
  write(text: string): void
  /** For people. */
  say(text: string): void
}

/** Shows an answer, whole or as it comes, and a line about it. */
export async function runGenerate(
  client: Pick<ServiceClient, 'generate' | 'stream'>,
  request: GenerateRequest,
  stream: boolean,
  { write, say }: GenerateOutput,
): Promise<GenerateAnswer> {
  const answer = stream ? await show(client.stream(request), write) : await client.generate(request)
  if (!stream) write(printable(answer.text, true))
  write('\n')
  say(describe(answer))
  return answer
}

async function show(
  pieces: AsyncGenerator<string, GenerateAnswer>,
  write: (text: string) => void,
): Promise<GenerateAnswer> {
  for (;;) {
    const { value, done } = await pieces.next()
    if (done) return value
    write(printable(value, true))
  }
}

function describe({
  provider,
  model,
  input_tokens: asked,
  output_tokens: said,
  ...answer
}: GenerateAnswer): string {
  const facts = [
    `${provider} ${model}`,
    `${asked} + ${said} tokens`,
    ...(answer.cached ? ['from the cache'] : []),
    ...(answer.fell_back_from ? [`instead of ${answer.fell_back_from.join(', ')}`] : []),
    ...(answer.finish_reason === 'stop' ? [] : [`ended by ${answer.finish_reason}`]),
  ]
  return printable(`(${facts.join(', ')})`)
}
