/** Hash of the features that are to have workers of their own: feature id → FeatureRecord as JSON. */
export const FEATURES_KEY = '{orchestrator}:features'

/** Hash of what was found when they were last looked after: feature id → FeatureReport as JSON. */
export const REPORTS_KEY = '{orchestrator}:reports'

/** Channel on which the ids of changed features are told. */
export const CHANGES = 'orchestrator:changes'

/** Who leads, where no Kubernetes API has a lease for that; and how often that has changed. */
export const LEADER_KEY = '{orchestrator}:leader'
export const FENCE_KEY = '{orchestrator}:fence'

/** Sorted set of orchestrators, by the time until which they count as alive, in milliseconds since 1970. */
export const ALIVE_KEY = 'orchestrator:alive'

/** Consumer group of all orchestrators. */
export const GROUP = 'orchestrator'

/** Types of the events they take. */
export const CREATE = 'orchestrator.create'
export const DELETE = 'orchestrator.delete'
export const CLEANUP = 'orchestrator.cleanup'
export const LIST = 'orchestrator.list'
