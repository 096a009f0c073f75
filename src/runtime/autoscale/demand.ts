/** What one queue, or one group of a stream, holds for the replicas of a role. */
export interface Lane {
  readonly name: string
  /** Nobody has begun with these. */
  readonly waiting: number
  readonly active: number
  /** Milliseconds for which the oldest has waited; null when none waits, or when it is not known. */
  readonly oldest_ms: number | null
}

/** The replicas of a role as they are. */
export interface Fleet {
  /** How many there should be. */
  readonly wanted: number
  readonly ready: number
  /** One keeps crashing, or has said that it cannot start. */
  readonly crashing: boolean
  /** What has been begun and is not over. */
  readonly changing?: 'up' | 'down' | undefined
}

export interface Capacity {
  /** What one replica does at once, in each lane. */
  readonly slots: number
  /** Milliseconds that work may wait. */
  readonly wait: number
}

export interface Demand {
  /** Replicas that the work now is for. */
  readonly need: number
  /** With fewer than these there would be next to no room left. */
  readonly comfort: number
  readonly reason: string
}

/** Share of the slots by which the work may miss what the replicas have without anything being changed. */
const TOLERANCE = 0.1

/** @param falling by how many per millisecond the waiting ones became fewer since the last look */
export function demandOf(lane: Lane, { slots, wait }: Capacity, fleet: Fleet, falling: number): Demand {
  const { waiting, active, name } = lane
  const work = waiting + active
  const { wanted } = fleet
  const all = wanted * slots
  const full = Math.ceil(work / slots)
  const demand = (need: number, reason: string): Demand => ({ need, comfort: comfortOf(work, slots), reason })
  const load = `${waiting} wait in ${name}, ${active} under way`

  if (waiting > 0 && full > wanted && falling > 0 && waiting / falling <= wait) {
    return demand(wanted, `${load}: those that wait are gone in ${seconds(waiting / falling)}`)
  }
  if (work > all + margin(all)) return demand(full, `${load}: ${plural(full)} at ${slots} each`)
  if (isLate(lane, slots, fleet, wait)) {
    return demand(wanted + 1, `${load}: the oldest has waited ${seconds(lane.oldest_ms ?? 0)}, all are busy`)
  }
  return demand(Math.min(full, wanted), `${load}: ${plural(wanted)} at ${slots} each suffice`)
}

/** With a slot free, or a replica that still starts, one more would not be of use. */
function isLate({ waiting, active, oldest_ms }: Lane, slots: number, fleet: Fleet, wait: number): boolean {
  const busy = active >= fleet.ready * slots && fleet.ready >= fleet.wanted
  return waiting > 0 && busy && (oldest_ms ?? 0) >= wait
}

/** The fewest replicas that keep some room for what comes. */
function comfortOf(work: number, slots: number): number {
  let replicas = Math.ceil(work / slots)
  while (work > replicas * slots - margin(replicas * slots)) replicas++
  return replicas
}

const margin = (slots: number) => Math.floor(slots * TOLERANCE)
const plural = (replicas: number) => `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`

export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
