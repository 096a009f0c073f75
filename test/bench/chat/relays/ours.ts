import { gatewayRole } from '../../../../src/runtime/gateway/gateway.role.ts'
import { startGateway } from '../../../../src/runtime/gateway/gateway.ts'
import { quietLog } from '../../support/log.ts'
import type { RunningRelay } from './relay.ts'

/** The gateway role as it is, with its defaults; only no worker is there to be waited for. */
export async function startRelay(redisUrl: string): Promise<RunningRelay> {
  const options = gatewayRole.options.parse({ redisUrl, port: 0, workerWait: '1h' })
  const gateway = await startGateway(options, { log: quietLog(), name: 'bench-gateway' })
  return { url: gateway.facts.url as string, stop: () => gateway.stop() }
}
