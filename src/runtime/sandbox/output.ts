import type { OutputName } from './messages.ts'

export interface OutputOptions {
  /** Bytes that are kept of each of stdout and stderr. */
  limit: number
  /** Told of what is kept, as it comes: whole characters. */
  onOutput?: ((name: OutputName, text: string) => void) | undefined
  /** Called once, when there is more on one of the two than is kept. */
  onLimit(name: OutputName): void
}

export interface Captured {
  stdout: string
  stderr: string
  /** There was more than is kept. */
  truncated: boolean
}

export interface Output {
  write(name: OutputName, bytes: Uint8Array): void
  /** Nothing more comes. What was kept; may be called again. */
  end(): Captured
}

/**
 * Keeps what a program prints, up to a limit in bytes for each of its two streams. Text is what storage and JSON can take:
 * bytes that are no UTF-8 and NUL characters become U+FFFD, and a character that the limit cuts in two is left out.
 */
export function createOutput({ limit, onOutput, onLimit }: OutputOptions): Output {
  let truncated = false
  const kept = { stdout: createText(), stderr: createText() }

  function tell(name: OutputName, text: string): void {
    if (text !== '') onOutput?.(name, text)
  }

  return {
    write(name, bytes) {
      const text = kept[name]
      const room = limit - text.size
      if (bytes.length <= room) return tell(name, text.add(bytes))
      tell(name, text.add(bytes.subarray(0, room)))
      text.cut()
      if (truncated) return
      truncated = true
      onLimit(name)
    },
    end() {
      for (const name of ['stdout', 'stderr'] as const) tell(name, kept[name].end())
      return { stdout: kept.stdout.all, stderr: kept.stderr.all, truncated }
    },
  }
}

function createText() {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let size = 0
  let all = ''
  let ended = false
  let whole = true

  function take(text: string): string {
    const clean = text.replaceAll('\0', '\uFFFD')
    all += clean
    return clean
  }

  return {
    get size() {
      return size
    },
    get all() {
      return all
    },
    add(bytes: Uint8Array): string {
      if (ended || bytes.length === 0) return ''
      size += bytes.length
      return take(decoder.decode(bytes, { stream: true }))
    },
    cut() {
      whole = false
    },
    /** The rest of a character that never became whole; none if it was the limit that cut it. */
    end(): string {
      if (ended) return ''
      ended = true
      return whole ? take(decoder.decode()) : ''
    },
  }
}
