export interface BatchJob<T> {
  id: string
  data: T
  /** 1 for the first time, higher after every failure or crash of its worker. */
  attempt: number
  /** No further attempt follows when this one fails. */
  last: boolean
  /** Aborted when another worker has the job now, or this one shuts down for good. */
  signal: AbortSignal
}

/** Where a job goes when its stage has done its part; undefined when nothing is left to do. */
export type HandOver = { to: string; data: object } | undefined

export interface ServedQueue<T extends object = object> {
  name: string
  concurrency: number
  /** What it throws is tried again where that may help. */
  process(job: BatchJob<T>): Promise<HandOver>
  /** Told once a job has failed for good; the job is removed when this has resolved. */
  onFailed(job: { id: string; data: T }, error: Error): Promise<void>
  /** How often a job is tried in all, whatever its crashes. */
  attempts: number
}
