/** Where the producer's messages go: one stream for each client, all made in advance. */
export interface Sink {
  /** Hands over one message; resolves once it is out of our hands, rejects when it was not taken. */
  send(stream: number, seq: number): Promise<void>
  close(): Promise<unknown>
}

export type OpenSink = (redisUrl: string, streams: number) => Promise<Sink>
