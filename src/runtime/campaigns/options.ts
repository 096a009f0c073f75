import { z } from 'zod'
import {
  databaseSettings,
  duration,
  exposureSettings,
  httpSettings,
  redisSettings,
  roleSettings,
} from '../kernel/index.ts'
import { credentialSettings } from './settings.ts'

const whole = () => z.coerce.number().int()

export const options = z.object({
  ...httpSettings(8003),
  ...exposureSettings,
  ...credentialSettings,
  ...databaseSettings,
  ...redisSettings,
  processors: whole()
    .min(0)
    .max(16)
    .default(1)
    .meta({
      description: 'Batches of events processed at once; 0 to serve HTTP only',
      env: ['AGENTCTL_PROCESSORS'],
    }),
  batch: whole()
    .min(1)
    .max(5_000)
    .default(500)
    .meta({ description: 'Events of one batch', env: ['AGENTCTL_EVENT_BATCH'] }),
  lease: duration('1s')
    .prefault('30s')
    .meta({
      description: 'How long a batch may take before another processor takes it over',
      env: ['AGENTCTL_EVENT_LEASE'],
    }),
  maxAttempts: whole()
    .min(1)
    .max(100)
    .default(5)
    .meta({ description: 'Attempts after which an event has failed', env: ['AGENTCTL_EVENT_ATTEMPTS'] }),
  poll: duration('50ms')
    .prefault('5s')
    .meta({
      description: 'How often to look for events that nobody was woken for',
      env: ['AGENTCTL_EVENT_POLL'],
    }),
  configKey: z
    .string()
    .optional()
    .meta({
      description:
        'Key that secrets of the configuration are encrypted with; older ones after commas still decrypt',
      env: ['AGENTCTL_CONFIG_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
  bodyLimit: whole()
    .min(1_024)
    .default(8 * 1024 * 1024)
    .meta({ description: 'Largest request body in bytes', env: ['AGENTCTL_BODY_LIMIT'] }),
  advertiseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Address by which others reach this replica',
      env: ['AGENTCTL_ADVERTISE_URL'],
      placeholder: 'URL',
    }),
  ...roleSettings,
})

export type CampaignsOptions = z.output<typeof options>
