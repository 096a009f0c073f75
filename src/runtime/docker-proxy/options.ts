import { z } from 'zod'
import { httpSettings, roleSettings } from '../kernel/index.ts'
import { dockerSettings, imageSettings, proxyTokenSettings } from './settings.ts'

export const options = z.object({
  ...httpSettings(8005),
  socket: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .meta({
      description: 'Listen on this unix socket instead of a port',
      env: ['AGENTCTL_DOCKER_PROXY_SOCKET'],
      placeholder: 'PATH',
    }),
  ...dockerSettings,
  ...proxyTokenSettings,
  ...imageSettings,
  maxContainers: z.coerce
    .number()
    .int()
    .min(1)
    .default(64)
    .meta({
      description: 'Containers at once, the warm ones included; more are refused',
      env: ['AGENTCTL_DOCKER_PROXY_MAX_CONTAINERS'],
    }),
  ...roleSettings,
})

export type DockerProxyOptions = z.output<typeof options>
