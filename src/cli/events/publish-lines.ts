import type { EventBus, PublishOptions, Receipt } from '../../runtime/bus/index.ts'
import { AgentctlError, messageOf } from '../../runtime/kernel/index.ts'
import { parseData } from './event-data.ts'

/** Events on their way at once: enough to be sent in batches. */
const IN_FLIGHT = 500

/**
 * Publishes an event for each line, in order, and hands on the receipts in that order as soon as they are there. The
 * first line that fails ends it: of the lines after it only those are published that were on their way already.
 * @throws AgentctlError that of the line, with its number
 */
export async function publishLines(
  bus: Pick<EventBus, 'send'>,
  type: string,
  lines: AsyncIterable<{ line: number; text: string }>,
  options: PublishOptions,
  onReceipt: (receipt: Receipt) => unknown,
): Promise<void> {
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => {})
  const reading = lines[Symbol.asyncIterator]()
  let told: Promise<unknown> = Promise.resolve()
  let flying = 0

  async function tell(before: Promise<unknown>, line: number, sending: Promise<Receipt>): Promise<void> {
    sending.catch(() => {}) // until it is its turn
    await before
    try {
      await onReceipt(await sending)
    } catch (error) {
      failure.reject(atLine(line, error))
    } finally {
      flying--
    }
  }

  try {
    for (;;) {
      const next = await Promise.race([reading.next(), failure.promise])
      if (next.done) break
      const { line, text } = next.value
      flying++
      told = tell(told, line, send(bus, type, text, options))
      if (flying >= IN_FLIGHT) await told
    }
  } finally {
    await told // what is published is told, also after a failure
  }
  await Promise.race([failure.promise, undefined])
}

async function send(
  bus: Pick<EventBus, 'send'>,
  type: string,
  text: string,
  options: PublishOptions,
): Promise<Receipt> {
  return bus.send(type, parseData(text), options)
}

function atLine(line: number, error: unknown): unknown {
  if (!(error instanceof AgentctlError)) return error
  const { code, kind, title, fix, status, field } = error
  const options = { cause: error, ...(field === undefined ? {} : { field }) }
  return new AgentctlError(code, { kind, title, fix, status }, `line ${line}: ${messageOf(error)}`, options)
}
