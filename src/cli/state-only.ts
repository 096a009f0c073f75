import { z } from 'zod'
import { stateSettings } from '../runtime/kernel/index.ts'

/** For commands that talk to a running serve: all they need is its folder. */
export const stateOnly = z.object(stateSettings)
