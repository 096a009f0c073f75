import { randomUUID } from 'node:crypto'

/** Sets what a thread makes apart from what other threads and earlier runs have made. */
export function ownId(): string {
  return randomUUID().slice(0, 8)
}
