/** Characters of what was held back that are kept. */
const MOST = 64 * 1024

/**
 * Holds back what is written to stderr while the screen is open, such as warnings of Node: it would be drawn over it.
 * @returns writes what came meanwhile, and lets everything through again
 */
export function holdBack(stream: NodeJS.WriteStream): () => void {
  if (!stream.isTTY) return () => {}
  const write = stream.write
  let held = ''
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    held = (held + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).slice(-MOST)
    const done = rest.at(-1)
    if (typeof done === 'function') queueMicrotask(() => done())
    return true
  }
  return () => {
    stream.write = write
    if (held !== '') stream.write(held)
  }
}
