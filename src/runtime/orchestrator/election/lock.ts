/** What only one of many can have at a time. It runs out when it is not renewed. */
export interface Lock {
  /**
   * Takes it, or renews it.
   * @returns a number that grows with each change of who has it; undefined while another has it
   */
  hold(signal?: AbortSignal): Promise<number | undefined>
  /** Gives it up, so that another may have it at once. */
  release(): Promise<void>
}
