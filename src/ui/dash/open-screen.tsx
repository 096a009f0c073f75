import type { DashboardSource } from '../../runtime/dashboard/index.ts'
import { withProductionReact } from '../production.ts'
import type { ScreenOptions } from './screen-options.ts'

/**
 * Shows the dashboard on the whole terminal until it is closed: by q, by Ctrl-C or a signal (the exit code of the process is set to 128
 * and its number then), or because the terminal went away. However it ends, the terminal is as it was before.
 * @throws what went wrong inside, once the terminal is restored
 */
export async function openScreen(source: DashboardSource, options: ScreenOptions = {}): Promise<void> {
  const { runScreen } = await withProductionReact(() => import('./run-screen.tsx'))
  await runScreen(source, options)
}
