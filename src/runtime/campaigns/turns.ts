import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds of work after which others have their turn. */
const SLICE = 10

/** For long work: called now and then, gives a promise to await once it is the turn of others. */
export function createTurns(slice = SLICE): () => Promise<void> | undefined {
  let began = performance.now()
  return () => {
    if (performance.now() - began < slice) return undefined
    return turn().then(() => {
      began = performance.now()
    })
  }
}
