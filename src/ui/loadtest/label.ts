import { cell } from '../dash/parts.ts'

/** Cells of the names at the left. */
export const LABEL = 11

export function label(text: string) {
  return cell(text, LABEL, 'left', 'dim')
}
