import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'

const STDOUT = '-'

export default class ExportK8s extends BaseCommand {
  static override summary = 'Print Kubernetes manifests for the whole system, or write them into a folder'
  static override description =
    'Redis, PostgreSQL and Qdrant are yours to bring: where they are, and all secrets, come from Secrets that the manifests name. See docs/kubernetes.md.'
  static override examples = [
    '<%= config.bin %> export k8s --image registry.example/agentctl:1.0 | kubectl apply -f -',
    '<%= config.bin %> export k8s --output k8s --namespace agents --keda && kubectl apply -k k8s',
  ]
  static override flags = {
    output: Flags.string({
      description: 'Folder for one file a unit and a kustomization.yaml, or - for one stream to stdout',
      default: STDOUT,
      helpValue: '<dir>',
    }),
    image: Flags.string({ description: 'Image of all containers [default: agentctl:VERSION]' }),
    namespace: Flags.string({
      char: 'n',
      description: 'Namespace of everything (default: where kubectl points at)',
    }),
    keda: Flags.boolean({ description: 'Scale workers by what waits in Redis, with KEDA' }),
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ExportK8s)
    const { exportKubernetes, writeFolder } = await import('../../runtime/manifests/index.ts')
    const result = await exportKubernetes(flags)
    const { files, stream, manifests, secrets } = result
    if (flags.output === STDOUT) {
      if (!this.jsonEnabled()) await this.print(stream.trimEnd())
      return { manifests, secrets }
    }
    const written = await writeFolder(flags.output, files)
    const { describeExport } = await import('../../cli/describe-export.ts')
    if (!this.jsonEnabled()) this.log(describeExport(written, secrets))
    return { written, secrets }
  }
}
