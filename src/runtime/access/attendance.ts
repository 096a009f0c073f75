import type { AccessRecord } from './record.ts'
import { statusOf } from './record.ts'

/** An answer that is being sent. */
interface Open {
  destroy(): unknown
}

/** Who is inside: streams may last for hours, and a key that ends must end them too. */
export interface Attendance {
  enter(id: string, open: Open): void
  leave(id: string, open: Open): void
  /** Cuts whatever a key has open. */
  end(id: string): void
  close(): void
}

export interface AttendanceOptions {
  find(id: string): Promise<AccessRecord | undefined>
  /** Milliseconds between two looks for keys that have expired, or whose revocation was not heard. */
  every?: number
  now?: () => number
}

export function createAttendance({ find, every = 5_000, now = Date.now }: AttendanceOptions): Attendance {
  const inside = new Map<string, Set<Open>>()

  function end(id: string): void {
    for (const open of inside.get(id) ?? []) open.destroy()
  }

  async function look(id: string): Promise<void> {
    const record = await find(id)
    if (record === undefined || statusOf(record, now()) !== 'active') end(id)
  }

  const timer = setInterval(() => {
    // While Redis is away nobody knows better: those who are inside stay.
    for (const id of inside.keys()) look(id).catch(() => {})
  }, every)
  timer.unref()

  return {
    end,
    enter(id, open) {
      const all = inside.get(id) ?? new Set()
      inside.set(id, all.add(open))
    },
    leave(id, open) {
      const all = inside.get(id)
      if (all?.delete(open) && all.size === 0) inside.delete(id)
    },
    close: () => clearInterval(timer),
  }
}
