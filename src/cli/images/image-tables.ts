import type { Built, Known } from '../../runtime/images/index.ts'
import { type Column, renderTable } from '../table.ts'

const size = (bytes: number) => (bytes === 0 ? '-' : `${Math.round(bytes / 1e6)} MB`)
const languages = ({ languages: all }: { languages: readonly string[] }) => all.join(', ') || '-'

export const imageColumns: Column<Known>[] = [
  { title: 'IMAGE', value: ({ image }) => image },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'LANGUAGES', value: languages },
  { title: 'SIZE', value: ({ bytes }) => size(bytes), align: 'right' },
  { title: 'MADE', value: ({ created_at }) => created_at?.slice(0, 19).replace('T', ' ') ?? '-', wide: true },
]

/** What was made, from what, and how long it took. */
export function builtText(built: readonly Built[]): string {
  return renderTable<Built>(built, [
    { title: 'IMAGE', value: ({ image }) => image },
    { title: 'FROM', value: ({ from }) => from },
    { title: 'LANGUAGES', value: languages },
    { title: 'SIZE', value: ({ bytes }) => size(bytes), align: 'right' },
    { title: 'TOOK', value: ({ ms }) => `${(ms / 1000).toFixed(1)} s`, align: 'right' },
  ])
}
