/**
 * SQLSTATEs that say nothing of the values: the state of a transaction or session (25), access (28), the database (3D), deadlocks
 * (40), missing rights or tables (42), locks (55), statements that were ended (57).
 */
const NOBODYS = /^(25|28|3D|40|42|55|57)/

const TOOK_LONG = '57014'

const codeOf = (error: unknown) => String((error as { code?: unknown } | null | undefined)?.code ?? '')

/** Whether the database could not do it now for a reason that has nothing to do with any event, though it is there. */
export const isNobodysFault = (error: unknown) => NOBODYS.test(codeOf(error))

/** Whether a statement was ended because it took too long, such as one that waits for a lock, or one with very much to do. */
export const isTooSlow = (error: unknown) => codeOf(error) === TOOK_LONG
