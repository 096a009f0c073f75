import pg from 'pg'

/**
 * The driver's client, except that one that could not log in hangs up. The driver forgets about it when it is this side that
 * fails, such as for want of a password: the server would keep the connection for a minute, and it us.
 */
export class Client extends pg.Client {
  override connect(): Promise<pg.Client>
  override connect(callback: (error: Error) => void): void
  // biome-ignore lint/suspicious/noConfusingVoidType: as the driver declares it
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
    const connecting = super.connect().catch((error) => {
      super.end().catch(() => {})
      throw error
    })
    if (callback === undefined) return connecting
    connecting.then(() => callback(undefined as unknown as Error), callback)
  }
}
