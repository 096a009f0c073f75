/** `NAME` and `NAME:TAG` as `NAME:TAG`. */
export function withTag(image: string): string {
  return /:[^/]+$/.test(image) ? image : `${image}:latest`
}
