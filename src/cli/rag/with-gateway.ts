import { createRagClient, type RagClient } from '../../runtime/rag/client.ts'
import { interrupted } from '../interrupted.ts'
import { resolveSettings } from '../settings.ts'
import { gatewayOnly } from './rag-flags.ts'

/** A client of the gateway that the settings name, for as long as `use` takes. */
export async function withGateway<T>(
  flags: Record<string, unknown>,
  use: (client: RagClient) => Promise<T>,
  onRetry?: (why: string) => void,
): Promise<T> {
  const { gatewayUrl, apiKey } = resolveSettings(gatewayOnly, flags).values
  const client = createRagClient({
    url: gatewayUrl,
    apiKey,
    signal: interrupted(),
    ...(onRetry === undefined ? {} : { onRetry }),
  })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}
