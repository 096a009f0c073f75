import { stringify } from 'yaml'
import type { Manifest } from './manifest.ts'
import type { ManifestFile } from './render.ts'

const HEADER = '# Written by `agentctl export k8s`.'

/** All manifests as one stream, for `kubectl apply -f -`. */
export function toStream(files: readonly ManifestFile[]): string {
  return [`${HEADER}\n`, ...files.flatMap(documents)].join('---\n')
}

/** One file, as it is kept in a folder. */
export function toFile(file: ManifestFile): string {
  return [`# ${file.summary}.\n${HEADER}\n`, ...file.manifests.map(toYaml)].join('---\n')
}

/** What `kubectl apply -k` and other kustomizations begin with. */
export function toKustomization(files: readonly ManifestFile[], namespace: string | undefined): string {
  return `${HEADER}\n${toYaml({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...(namespace === undefined ? {} : { namespace }),
    resources: files.map(({ name }) => name),
  })}`
}

function documents({ summary, manifests }: ManifestFile): string[] {
  return manifests.map((manifest, i) => (i === 0 ? `# ${summary}.\n` : '') + toYaml(manifest))
}

function toYaml(value: Manifest | Readonly<Record<string, unknown>>): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' })
}
