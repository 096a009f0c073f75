import type { DetailRef } from '../pane.ts'

/** A reference to a thing of one kind. */
export type RefTo<Kind extends DetailRef['kind']> = Extract<DetailRef, { kind: Kind }>
