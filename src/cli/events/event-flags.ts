import { Args, Flags } from '@oclif/core'

// `ignoreStdin`: an argument that is left out must not be taken from a pipe that holds data, or belongs to a shell's loop.

export const typeArg = Args.string({
  description: 'Event type, such as task.created',
  required: true,
  ignoreStdin: true,
})

export const dataArg = Args.string({
  description: 'Data of the event as JSON, or - to read it from stdin [default: {}]',
  ignoreStdin: true,
})

/** What everything that publishes takes. */
export const publishFlags = {
  id: Flags.string({ description: 'Event id; a repeat with the same one is stored once', helpValue: '<id>' }),
  'schema-version': Flags.string({
    description: 'Version of the schema the data follows [default: the newest]',
    helpValue: '<version>',
  }),
}

/** A part of a stream. */
export const rangeFlags = {
  from: Flags.string({ description: 'First event: an entry id or a time', helpValue: '<id|time>' }),
  to: Flags.string({ description: 'Last event: an entry id or a time', helpValue: '<id|time>' }),
}

export function publishOptionsOf(flags: { id?: string | undefined; 'schema-version'?: string | undefined }) {
  return {
    ...(flags.id === undefined ? {} : { eventId: flags.id }),
    ...(flags['schema-version'] === undefined ? {} : { version: flags['schema-version'] }),
  }
}

export function rangeOf(flags: { from?: string | undefined; to?: string | undefined }) {
  return {
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
  }
}
