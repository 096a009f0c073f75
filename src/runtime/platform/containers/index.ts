export type { Attachment } from './attachment.ts'
export type { ContainerSpec } from './container-spec.ts'
export { createDockerClient, type DockerClient } from './docker-client.ts'
