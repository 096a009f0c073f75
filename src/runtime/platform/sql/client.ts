import pg from 'pg'

/** Milliseconds for the other side to take its leave. */
const GOODBYE = 1_000

/**
 * The driver's client, except that
 * - one that could not log in hangs up. The driver forgets about it when it is this side that fails, such as for want of a
 *   password: the server would keep the connection for a minute, and it us.
 * - one that is ended by the server right after its login does not end this process: nobody listens to it yet.
 * - the end does not wait for a server that is there and does nothing.
 */
export class Client extends pg.Client {
  override connect(): Promise<pg.Client>
  override connect(callback: (error: Error) => void): void
  // biome-ignore lint/suspicious/noConfusingVoidType: as the driver declares it
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
    this.on('error', () => {})
    const connecting = super.connect().catch((error) => {
      this.end().catch(() => {})
      throw error
    })
    if (callback === undefined) return connecting
    connecting.then(() => callback(undefined as unknown as Error), callback)
  }

  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    const timer = setTimeout(() => this.connection.stream.destroy(), GOODBYE)
    const ending = super.end().finally(() => clearTimeout(timer))
    if (callback === undefined) return ending
    ending.then(() => callback(undefined as unknown as Error), callback)
  }
}
