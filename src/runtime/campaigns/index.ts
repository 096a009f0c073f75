export { campaignsErrors } from './errors.ts'
export { BUS_EVENTS, CAMPAIGNS_POOL } from './keys.ts'
export * from './messages.ts'
export { campaignsClientSettings, credentialSettings, DEFAULT_PASSWORD } from './settings.ts'
