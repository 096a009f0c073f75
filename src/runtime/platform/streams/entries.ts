/** One stream entry as Redis returns it: its id, and its fields and values in turn. */
export type RawEntry = [id: string, fields: string[]]

export interface StreamEntry {
  id: string
  fields: Readonly<Record<string, string>>
}

export function toEntry([id, list]: RawEntry): StreamEntry {
  const fields: Record<string, string> = Object.create(null)
  for (let i = 0; i + 1 < list.length; i += 2) fields[list[i] as string] = list[i + 1] as string
  return { id, fields }
}
