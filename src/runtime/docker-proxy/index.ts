export * from './contract.ts'
export { dockerProxyErrors } from './errors.ts'
export { withTag } from './image-name.ts'
export { dockerSettings, imageSettings } from './settings.ts'
