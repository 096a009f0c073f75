export type { Built, From } from './build.ts'
export { imagesError, imagesErrors } from './errors.ts'
export { type Known, listImages } from './list.ts'

/** Makes images; see build.ts. */
export async function buildImages(options: import('./build.ts').BuildOptions) {
  const { buildAll } = await import('./build.ts')
  return buildAll(options)
}
