/** Rows that one call answers at most. */
const PAGE = 500

/**
 * So many rows of a list that comes page by page.
 * @returns them, and whether there are more
 */
export async function listPages<P extends { next?: string | undefined }, T>(
  count: number,
  ask: (page: { limit: number; after?: string }) => Promise<P>,
  rowsOf: (page: P) => readonly T[],
): Promise<{ rows: T[]; more: boolean; last: P }> {
  const rows: T[] = []
  for (let after: string | undefined; ; ) {
    const limit = Math.min(PAGE, count - rows.length)
    const page = await ask({ limit, ...(after === undefined ? {} : { after }) })
    const found = rowsOf(page)
    rows.push(...found)
    after = page.next
    if (after === undefined || found.length === 0 || rows.length >= count)
      return { rows, more: after !== undefined, last: page }
  }
}
