export { isOrchestratorAlive } from './alive.ts'
export {
  featureRemoval,
  featureRequest,
  SERVED_FEATURES,
  SERVED_FEATURES_REMOVE,
  SERVED_FEATURES_WATCH,
  type ServedFeature,
} from './backends/serve-wire.ts'
export { hasFeatures } from './client.ts'
export { orchestratorError, orchestratorErrors } from './errors.ts'
export type { FeatureView } from './feature.ts'
export { CLEANUP, CREATE, DELETE, LIST } from './keys.ts'
export { cleanupMessage, createMessage, deleteMessage, listMessage, readMessage } from './messages.ts'
export type { Cleanup } from './service.ts'
