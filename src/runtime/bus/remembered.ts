/**
 * Event ids that are remembered of a type at least, however short the time: as published, and as handled by a group.
 * Twice as many are kept at most, about 25 MB.
 */
export const DEDUPE_LIMIT = 100_000
