import { createEvaluationClient, type EvaluationClient } from '../../runtime/evaluation/client.ts'
import { gatewayOnly } from '../rag/rag-flags.ts'
import { resolveSettings } from '../settings.ts'

/** A client of the gateway that the settings name, for as long as `use` takes. */
export async function withGateway<T>(
  flags: Record<string, unknown>,
  { signal, onRetry }: { signal: AbortSignal; onRetry?: (why: string) => void },
  use: (client: EvaluationClient) => Promise<T>,
): Promise<T> {
  const { gatewayUrl, apiKey } = resolveSettings(gatewayOnly, flags).values
  const client = createEvaluationClient({
    url: gatewayUrl,
    apiKey,
    signal,
    ...(onRetry === undefined ? {} : { onRetry }),
  })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}
