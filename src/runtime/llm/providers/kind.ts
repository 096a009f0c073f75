import type { Logger } from '../../kernel/index.ts'
import type { Provider } from '../provider.ts'
import type { LlmProviderSettings } from '../settings.ts'

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What providers share. */
export interface ProviderTools {
  log: Logger
  /** Made when it is first asked for, and closed by whoever made the providers. */
  fetch(): Promise<Fetch>
}

/** A sort of provider, configured or not. A new one is a file that exports this, and a line in `../providers.ts`. */
export interface ProviderKind {
  readonly name: string
  readonly label: string
  /** What has to be set for it, for people. */
  readonly needs: string
  /** The provider, or undefined while it is not configured. Costs nothing: its SDK is loaded with the first request. */
  make(settings: LlmProviderSettings, tools: ProviderTools): Provider | undefined
}
