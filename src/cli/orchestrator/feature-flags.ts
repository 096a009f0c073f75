import { Flags } from '@oclif/core'
import { durationFlag } from '../streams/stream-flags.ts'

const description = 'Id of the feature'

export const featureFlag = Flags.string({ description, char: 'f', helpValue: '<feature>', required: true })
export const optionalFeatureFlag = Flags.string({ description, char: 'f', helpValue: '<feature>' })

export const timeoutFlag = durationFlag({
  description: 'How long to wait for the workers [default: 60s]',
  default: 60_000,
})
