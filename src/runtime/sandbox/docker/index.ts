export { createDockerSandbox, type DockerSandboxOptions } from './docker.ts'
