import { version } from '../../version.ts'
import { check, IMAGE } from '../option.ts'
import { units } from '../units.ts'
import type { Manifest } from './manifest.ts'
import { renderKubernetes } from './render.ts'
import { type SecretNeed, secretsOf } from './secrets.ts'
import { toFile, toKustomization, toStream } from './text.ts'

export interface ExportWish {
  /** Of all containers; that of this version when left out. */
  image?: string | undefined
  namespace?: string | undefined
  keda?: boolean | undefined
}

export interface KubernetesExport {
  manifests: Manifest[]
  /** Texts by file name, `kustomization.yaml` included. */
  files: Record<string, string>
  /** All of it as one text. */
  stream: string
  secrets: SecretNeed[]
}

/** A DNS label, as names of namespaces are. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/**
 * Manifests of the whole system.
 * @throws AgentctlError EXPORT_INVALID naming the option at fault
 */
export async function exportKubernetes({
  image,
  namespace,
  keda = false,
}: ExportWish): Promise<KubernetesExport> {
  check('image', image, IMAGE, 'is no name of an image')
  check('namespace', namespace, NAMESPACE, 'is no name of a namespace: letters, digits and "-", at most 63')
  const files = await renderKubernetes(units, { image: image ?? `agentctl:${version}`, namespace, keda })
  return {
    manifests: files.flatMap(({ manifests }) => manifests),
    files: {
      ...Object.fromEntries(files.map((file) => [file.name, toFile(file)])),
      'kustomization.yaml': toKustomization(files, namespace),
    },
    stream: toStream(files),
    secrets: secretsOf(files),
  }
}
