import { Flags } from '@oclif/core'
import { z } from 'zod'
import { dockerSettings } from '../../runtime/docker-proxy/index.ts'
import { AREAS } from '../../runtime/doctor/index.ts'
import {
  contextSettings,
  databaseSettings,
  redisSettings,
  stateSettings,
} from '../../runtime/kernel/index.ts'
import { flagsOf } from '../flags.ts'
import { outputFlag } from '../streams/stream-flags.ts'

const settings = z.object({
  ...redisSettings,
  ...databaseSettings,
  ...stateSettings,
  ...contextSettings,
  ...dockerSettings,
})

export const doctorFlags = {
  ...flagsOf(settings),
  only: Flags.option({ options: AREAS, multiple: true })({
    description: 'Look only at this area; may be given several times',
    helpValue: '<area>',
  }),
  output: outputFlag,
}
