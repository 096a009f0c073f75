import { interrupted } from '../interrupted.ts'
import { findService } from './find-service.ts'
import { createServiceClient, type ServiceClient } from './service-client.ts'

/** A client of the LLM service that the flags name, for as long as `use` takes. */
export async function withService<T>(
  flags: Record<string, unknown>,
  use: (client: ServiceClient, url: string) => Promise<T>,
): Promise<T> {
  const service = await findService(flags)
  const client = createServiceClient(service, interrupted())
  try {
    return await use(client, service.url)
  } finally {
    await client.close()
  }
}
