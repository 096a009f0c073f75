import type { Completion, Prompt, Provider } from '../provider.ts'
import type { Try } from './provider-line.ts'

/** A stream that has begun. */
export interface BegunStream {
  pieces: AsyncGenerator<string, Completion>
  first: IteratorResult<string, Completion>
  attempt: Try
}

/** Asks for a stream, and waits for its first piece. */
export async function beginStream(provider: Provider, prompt: Prompt, attempt: Try): Promise<BegunStream> {
  const pieces = provider.stream(prompt, attempt.signal)
  const first = await pieces.next()
  attempt.answers()
  return { pieces, first, attempt }
}

/** Passes a stream on, and says how it ended. */
export async function* restOfStream({
  pieces,
  first,
  attempt,
}: BegunStream): AsyncGenerator<string, Completion> {
  let told = false
  try {
    let step = first
    while (!step.done) {
      yield step.value
      step = await pieces.next()
      attempt.answers()
    }
    told = true
    attempt.succeeded()
    return step.value
  } catch (error) {
    told = true
    attempt.failed(error)
    throw error
  } finally {
    if (!told) {
      attempt.cancelled()
      await pieces.return(undefined as never)
    }
  }
}
