import { defineRole } from '../kernel/index.ts'
import { options } from './options.ts'

export const dockerProxyRole = defineRole({
  name: 'docker-proxy',
  summary: 'Let executors run containers for evaluations, and nothing else of Docker',
  examples: [
    '<%= config.bin %> docker-proxy --port 8005',
    'AGENTCTL_DOCKER_PROXY_TOKEN=… <%= config.bin %> docker-proxy --host 0.0.0.0',
    '<%= config.bin %> docker-proxy --socket /run/agentctl/docker.sock',
  ],
  listens: true,
  options,
  async start(options, context) {
    const { startDockerProxy } = await import('./docker-proxy.ts')
    return startDockerProxy(options, context)
  },
})
