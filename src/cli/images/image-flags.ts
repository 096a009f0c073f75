import { z } from 'zod'
import { dockerSettings, imageSettings } from '../../runtime/docker-proxy/index.ts'
import { stateSettings } from '../../runtime/kernel/index.ts'

/** What the commands take that talk to a Docker engine about images. */
export const engineOnly = z.object({ ...dockerSettings, ...imageSettings, ...stateSettings })
