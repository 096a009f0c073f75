/** Streams of a container, as the engine numbers them. */
const NAMES = { 1: 'stdout', 2: 'stderr' } as const
export type StreamName = (typeof NAMES)[keyof typeof NAMES]

const HEADER = 8

/**
 * Takes apart the one stream an engine sends both outputs of a container on: pieces with a header of 8 bytes, the number of
 * the stream, three zeros and the size. What has arrived of a piece is passed on at once, uncopied.
 * See "Stream format" of the endpoint attach in the Docker Engine API.
 */
export function createMultiplexed(onBytes: (name: StreamName, bytes: Buffer) => void) {
  const header = Buffer.alloc(HEADER)
  let have = 0
  let left = 0

  return (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const taken = chunk.copy(header, have, at, at + HEADER - have)
        at += taken
        have += taken
        if (have < HEADER) return
        have = 0
        left = header.readUInt32BE(4)
        continue
      }
      const bytes = chunk.subarray(at, at + left)
      at += bytes.length
      left -= bytes.length
      const name = NAMES[header[0] as keyof typeof NAMES]
      if (name !== undefined) onBytes(name, bytes)
    }
  }
}
