import type { Abortion } from './abortion.ts'

class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** Gives work so many milliseconds; what takes longer is aborted, and no longer waited for. */
export async function within<T>(ms: number, abortion: Abortion, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new TimeoutError(`the handler took longer than ${ms} ms`)
      abortion.abort(error)
      reject(error)
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
