import { z } from 'zod'
import { clientSettings, contextSettings, stateSettings } from '../../runtime/kernel/index.ts'

/** What the commands that talk to a gateway take. */
export const gatewayOnly = z.object({ ...clientSettings, ...stateSettings, ...contextSettings })
