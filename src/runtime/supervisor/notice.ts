import { type RunFile, removeRunFile, writeRunFile } from './run-file.ts'

/** What other commands find a serve by. */
export interface Notice {
  /** The services that can be found now. A replica that comes back may be on another port. */
  show(services: Services): Promise<void>
  /** Takes it away. */
  close(): Promise<void>
}

export interface Services {
  gateway?: string | undefined
  campaigns?: string | undefined
}

export function createNotice(state: string, serve: Omit<RunFile, 'gatewayUrl' | 'campaignsUrl'>): Notice {
  let shown = ''
  let written: Promise<void> = Promise.resolve()
  let closed = false

  return {
    show({ gateway, campaigns }) {
      const content = {
        ...serve,
        ...(gateway && { gatewayUrl: gateway }),
        ...(campaigns && { campaignsUrl: campaigns }),
      }
      const text = JSON.stringify(content)
      if (closed || text === shown) return written
      shown = text
      const write = () => writeRunFile(state, content)
      written = written.then(write, write)
      return written
    },
    async close() {
      closed = true
      await written.catch(() => {})
      await removeRunFile(state)
    },
  }
}
