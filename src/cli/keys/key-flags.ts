import { Flags } from '@oclif/core'
import { SCOPES } from '../../runtime/access/index.ts'
import { durationFlag } from '../streams/stream-flags.ts'

const amount = (description: string) => Flags.integer({ description, min: 1, max: 1_000_000 })

/** What may be said of a key that is made. */
export const keyFlags = {
  scope: Flags.string({
    description: `What it may do, comma-separated or repeated: ${SCOPES.join(', ')}`,
    required: true,
    multiple: true,
    delimiter: ',' as const,
    char: 's',
  }),
  expires: durationFlag({ description: 'How long it is valid, such as 90d (default: until it is revoked)' }),
  rate: amount('Requests a second, over all gateways'),
  burst: amount('How many more in ten seconds; needs --rate'),
  concurrent: amount('Requests under way at a time in each gateway, streams among them'),
}
