export { agentsErrors } from './errors.ts'
export type { CampaignReport, EventReport } from './messages.ts'
