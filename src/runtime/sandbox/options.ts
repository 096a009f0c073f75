import { z } from 'zod'
import { imageSettings } from '../docker-proxy/index.ts'
import { exposureSettings, httpSettings, roleSettings } from '../kernel/index.ts'

const whole = (least: number) => z.coerce.number().int().min(least)

export const options = z.object({
  ...httpSettings(8004),
  ...exposureSettings,
  executorToken: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Secret that workers must have; without one nothing is run',
      env: ['AGENTCTL_EXECUTOR_TOKEN'],
      placeholder: 'SECRET',
      secret: true,
    }),
  backend: z
    .enum(['auto', 'docker', 'deno'])
    .default('auto')
    .meta({
      description:
        'Where programs run: in containers, in Deno, or in Deno only where there are no containers',
      env: ['AGENTCTL_EXECUTOR_BACKEND'],
      placeholder: 'auto|docker|deno',
    }),
  concurrency: whole(1)
    .max(256)
    .optional()
    .meta({
      description: 'Programs at once (default: one for each core)',
      env: ['AGENTCTL_EXECUTOR_CONCURRENCY'],
    }),
  maxWaiting: whole(0)
    .default(64)
    .meta({
      description: 'Programs that may wait for a place; more are refused',
      env: ['AGENTCTL_EXECUTOR_MAX_WAITING'],
    }),
  dockerProxy: z
    .string()
    .regex(/^(https?|tcp|unix):\/\/\S+$/, 'expected http://HOST:PORT or unix:///PATH')
    .default('http://127.0.0.1:8005')
    .meta({
      description: 'The docker-proxy that makes containers',
      env: ['AGENTCTL_DOCKER_PROXY'],
      placeholder: 'URL',
    }),
  dockerProxyToken: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Secret of the docker-proxy',
      env: ['AGENTCTL_DOCKER_PROXY_TOKEN'],
      placeholder: 'SECRET',
      secret: true,
    }),
  ...imageSettings,
  sandboxDir: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .meta({
      description: 'Folder for what the sandbox in Deno starts from (default: in the temporary folder)',
      env: ['AGENTCTL_SANDBOX_DIR'],
      placeholder: 'DIR',
    }),
  bodyLimit: whole(1)
    .default(8 * 1024 * 1024)
    .meta({ description: 'Largest request body in bytes', env: ['AGENTCTL_BODY_LIMIT'] }),
  ...roleSettings,
})

export type ExecutorOptions = z.output<typeof options>
