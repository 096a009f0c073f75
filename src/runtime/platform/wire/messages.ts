/** A request whose bytes are ready; see `prepareRequest`. It can be sent any number of times. */
export interface WireRequest {
  readonly bytes: Buffer
  /** Answers to HEAD have no body, whatever their headers say. */
  readonly head: boolean
}

/** Headers of an answer. Read them while `onHeaders` runs: they are not kept. */
export interface WireHeaders {
  /** Of the first header of that name, in any case; undefined without one. */
  get(name: string): string | undefined
}

/** What is told about an answer. After `onEnd` or `onError`, of which exactly one is called, nothing more is. */
export interface WireHandlers {
  /** The final status; 100 Continue and the like are skipped. `at`, as below, is `performance.now()` when the bytes came. */
  onHeaders?(status: number, headers: WireHeaders, at: number): void
  /** A part of the body, without the framing of the transfer. Copy what is kept: the bytes are overwritten by what comes next. */
  onData?(chunk: Buffer, at: number): void
  onEnd(at: number): void
  /** @param cause short and without numbers that differ, such as `connection refused`: see trouble.ts */
  onError(cause: string): void
}

/** A request under way. */
export interface Exchange {
  /** Gives it up, and with it its connection. Nothing more is told about it. */
  abort(): void
}

/** HTTP/1.1 to one host over connections that are kept, without a promise or a stream for each request. */
export interface WireClient {
  /**
   * Sends over an idle connection, a new one, or, once there are as many as allowed, the next that becomes idle. Handlers are
   * never called before this returns.
   * @param deadline of the whole exchange, as `performance.now()`: after it (by up to a twentieth of the time) it ends with `timeout`
   */
  send(request: WireRequest, handlers: WireHandlers, deadline?: number): Exchange
  /** Ends what is under way with `ended by the client`, and all connections. */
  close(): Promise<void>
}
