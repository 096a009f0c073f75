/** One file of an archive. */
export interface ArchiveFile {
  /** Path with `/`, at most 100 bytes of ASCII. */
  path: string
  text: string
}

const BLOCK = 512
/** Octal digits of the widest numbers: sizes up to 8 GB. */
const WIDE = 12

/**
 * An archive of files in the form "ustar" of POSIX.1-1988 (pax, "ustar Interchange Format"), which every tar reads: for each file
 * a block of 512 bytes that describes it and its content, filled up to whole blocks; two empty blocks end it.
 * @param mtime seconds since 1970, for all of them
 */
export function createArchive(files: readonly ArchiveFile[], mtime: number): Buffer {
  const parts = files.flatMap(({ path, text }) => {
    const content = Buffer.from(text)
    const rest = (BLOCK - (content.length % BLOCK)) % BLOCK
    return [header(path, content.length, mtime), content, Buffer.alloc(rest)]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function header(path: string, size: number, mtime: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`the path ${path} is too long for an archive`)
  const block = Buffer.alloc(BLOCK)
  block.write(path, 0, 100)
  writeOctal(block, 0o600, 100, 8)
  writeOctal(block, 0, 108, 8) // user
  writeOctal(block, 0, 116, 8) // group
  writeOctal(block, size, 124, WIDE)
  writeOctal(block, mtime, 136, WIDE)
  block.write('0', 156) // a file
  block.write('ustar\0', 257)
  block.write('00', 263) // version
  block.write('root', 265)
  block.write('root', 297)
  // The sum of all bytes, its own place taken as blanks.
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function writeOctal(block: Buffer, value: number, at: number, width: number): void {
  block.write(
    `${Math.floor(value)
      .toString(8)
      .padStart(width - 1, '0')}\0`,
    at,
  )
}
