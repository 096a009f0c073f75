/** What `import … from 'agentctl'` offers to handlers. */
export type { ChatContext, ChatHandler, ChatInput } from './chat/index.ts'
export { FatalError } from './kernel/index.ts'
