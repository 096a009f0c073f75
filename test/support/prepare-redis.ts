import { folders } from '../../src/runtime/kernel/index.ts'
import { findRedisServer } from '../../src/runtime/platform/redis/index.ts'

/** Has a Redis server program at hand before the first test, as `agentctl serve` would. */
export default async function prepare(): Promise<void> {
  await findRedisServer({ cache: folders().cache, say: (text) => process.stderr.write(`${text}\n`) })
}
