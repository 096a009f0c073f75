export { DEFAULT_DOCKER_HOST, parseDockerHost } from '../containers/address.ts'
export * from './engine.ts'
export * from './upgrade.ts'
