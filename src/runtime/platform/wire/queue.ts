/** First in, first out, without moving what is in it for each that leaves. */
export interface Queue<T> extends Iterable<T> {
  push(item: T): void
  shift(): T | undefined
  readonly size: number
}

export function createQueue<T>(): Queue<T> {
  let items: T[] = []
  let first = 0
  return {
    push(item) {
      items.push(item)
    },
    shift() {
      if (first === items.length) return undefined
      const item = items[first]
      first++
      if (first === items.length) {
        items = []
        first = 0
      } else if (first > 1_000 && first * 2 > items.length) {
        items = items.slice(first)
        first = 0
      }
      return item
    },
    get size() {
      return items.length - first
    },
    *[Symbol.iterator]() {
      for (let i = first; i < items.length; i++) yield items[i] as T
    },
  }
}
