/** Turns texts into vectors. */
export interface Encoder {
  /** Names model and everything else that changes the vectors; part of the name of the collection: `hash-384`. */
  readonly id: string
  readonly dimension: number
  /**
   * One vector of length 1 for each text, in order.
   * @throws AgentctlError RAG_ENCODER_FAILED
   */
  encode(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>
  close(): Promise<void>
}
