import { createHash } from 'node:crypto'

/** Names of objects are DNS labels; ids of features are almost any text. */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
/** `feature-…-service` may have 63 characters. */
const LONGEST_SLUG = 63 - 'feature--service'.length
const LONGEST_LABEL = 63
const DIGEST = 10

/** Where a feature's id cannot stand as it is, its beginning stands with a digest of all of it; an annotation has the id itself. */
function slugOf(feature: string): string {
  if (feature.length <= LONGEST_SLUG && DNS_LABEL.test(feature) && !endsInDigest(feature)) return feature
  const digest = createHash('sha256').update(feature).digest('hex').slice(0, DIGEST)
  const readable = feature
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_SLUG - DIGEST - 1)
    .replace(/^-+|-+$/g, '')
  return readable === '' ? `x-${digest}` : `${readable}-${digest}`
}

/** Such an id could be the slug of another. */
function endsInDigest(feature: string): boolean {
  return /-[0-9a-f]{10}$/.test(feature)
}

export interface FeatureNames {
  deployment: string
  service: string
  autoscaler: string
  /** Value of the label `feature`. */
  label: string
}

export function namesOf(feature: string): FeatureNames {
  const slug = slugOf(feature)
  const isLabel = feature.length <= LONGEST_LABEL && LABEL_VALUE.test(feature) && !endsInDigest(feature)
  return {
    deployment: `feature-${slug}-worker`,
    service: `feature-${slug}-service`,
    autoscaler: `feature-${slug}-hpa`,
    label: isLabel ? feature : slug,
  }
}
