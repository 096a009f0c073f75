import type { ChatAnsweringOptions } from './answering.ts'
import type { FollowChatOptions } from './client.ts'
import type { ChatServiceOptions } from './routes.ts'
import type { ChatWorkerOptions } from './worker.ts'

export { createFeatureActivity, type FeatureActivity } from './activity.ts'
export type { ChatAnswering } from './answering.ts'
export type { ChatBackend } from './backend.ts'
export { chatErrors } from './errors.ts'
export type { ChatContext, ChatHandler, ChatInput } from './handler.ts'
export type { ChatMessage } from './messages.ts'
export type { ChatService } from './routes.ts'

// Each side of the capability is loaded by itself: a worker has no use for an HTTP server.

/** Everything a gateway needs to serve chats; see `createChatService` in routes.ts. */
export async function createChatService(options: ChatServiceOptions) {
  return (await import('./routes.ts')).createChatService(options)
}

/** Answers chats; see `startChatWorker` in worker.ts for the errors it throws. */
export async function startChatWorker(options: ChatWorkerOptions) {
  return (await import('./worker.ts')).startChatWorker(options)
}

/** Answers chats whose jobs come from queues of another room; see answering.ts. */
export async function openChatAnswering(options: ChatAnsweringOptions) {
  return (await import('./answering.ts')).openChatAnswering(options)
}

/** Starts or joins a chat over HTTP; see `followChat` in client.ts. */
export async function* followChat(options: FollowChatOptions) {
  yield* (await import('./client.ts')).followChat(options)
}
