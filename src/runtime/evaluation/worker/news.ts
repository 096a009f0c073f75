/** What is to be told of one evaluation, in order. What could not be told is tried again with whatever comes next. */
export interface News {
  /** Tells it as soon as what came before is told; nobody needs to wait for it. */
  add(tell: () => Promise<void>): void
  /** Resolves once everything is told; rejects with what has failed. */
  told(): Promise<void>
}

export function createNews(): News {
  const waiting: (() => Promise<void>)[] = []
  let telling: Promise<void> | undefined

  async function tellAll(): Promise<void> {
    for (let tell = waiting[0]; tell; tell = waiting[0]) {
      await tell()
      waiting.shift()
    }
  }

  async function told(): Promise<void> {
    while (waiting.length > 0) {
      telling ??= tellAll().finally(() => {
        telling = undefined
      })
      await telling
    }
  }

  return {
    add(tell) {
      waiting.push(tell)
      told().catch(() => {}) // whoever waits for it in the end is told
    },
    told,
  }
}
