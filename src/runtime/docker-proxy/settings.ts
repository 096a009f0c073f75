import { z } from 'zod'
import { IMAGES } from './contract.ts'

/** Which engine to use. */
export const dockerSettings = {
  dockerHost: z
    .string()
    .default('unix:///var/run/docker.sock')
    .meta({
      description: 'Docker engine: unix:///PATH or tcp://HOST:PORT',
      env: ['AGENTCTL_DOCKER_HOST', 'DOCKER_HOST'],
      placeholder: 'URL',
    }),
}

/** The secret that the proxy and its callers share. */
export const proxyTokenSettings = {
  token: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Secret that callers must have (default: everybody on this machine may)',
      env: ['AGENTCTL_DOCKER_PROXY_TOKEN'],
      secret: true,
    }),
}

const image = (initial: string, what: string, env: string) =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9._/:-]{0,200}$/, 'expected NAME or NAME:TAG')
    .default(initial)
    .meta({ description: `Image that ${what} programs run in`, env: [env], placeholder: 'IMAGE' })

/** The images that programs run in; for the proxy, the executor and `images build`. */
export const imageSettings = {
  pythonImage: image(IMAGES.python, 'Python', 'AGENTCTL_PYTHON_IMAGE'),
  nodeImage: image(IMAGES.node, 'JavaScript and TypeScript', 'AGENTCTL_NODE_IMAGE'),
}
