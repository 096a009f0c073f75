import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const imagesErrors = {
  IMAGES_UNKNOWN: {
    kind: 'usage',
    title: 'There is no such image',
    fix: 'Name python or node, or nothing for both.',
  },
  IMAGES_SOURCE_MISSING: {
    kind: 'environment',
    title: 'There is nothing to make the images from',
    fix: 'Let the Docker engine reach a registry, or run this on Debian or Ubuntu, on the machine of the engine.',
  },
  IMAGES_BUILD_FAILED: {
    kind: 'environment',
    title: 'An image could not be made',
    fix: 'Read the cause in the detail; `--from registry` and `--from debian` choose the way.',
  },
} as const satisfies ErrorTable

export const imagesError = errorsOf(imagesErrors)
