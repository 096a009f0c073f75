import type { Probe } from '../platform/probe/index.ts'
import {
  DEAD_LETTER_STREAMS,
  deadLetterKey,
  EVENT_STREAMS,
  EVENT_TYPES,
  RESPONSE_STREAMS,
  streamKey,
} from './keys.ts'

export const busProbe: Probe = {
  name: 'bus',
  streams: [
    { kind: 'events', pattern: EVENT_STREAMS, registry: EVENT_TYPES, keyOf: streamKey },
    { kind: 'responses', pattern: RESPONSE_STREAMS },
    { kind: 'dead letters', pattern: DEAD_LETTER_STREAMS, registry: EVENT_TYPES, keyOf: deadLetterKey },
  ],
  latencies: [{ metric: 'event_processing_seconds', kind: 'event', labels: ['event_type'] }],
}
