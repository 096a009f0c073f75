import { z } from 'zod'
import {
  contextSettings,
  databaseSettings,
  redisSettings,
  stateSettings,
} from '../../runtime/kernel/index.ts'

/** For commands that read events and write rows. */
export const storageReplaySettings = z.object({
  ...databaseSettings,
  ...redisSettings,
  ...stateSettings,
  ...contextSettings,
})
