import { ageOf } from '../../format/duration.ts'

/** When something was, and how long ago; null where that is not known. */
export function moment(time: string | null | undefined, now: number): string | null {
  if (time === null || time === undefined) return null
  return Number.isNaN(Date.parse(time)) ? time : `${time} (${ageOf(time, now)} ago)`
}
