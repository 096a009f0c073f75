import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { renderKubernetes } from '../../../../src/runtime/manifests/kubernetes/render.ts'
import { toFile, toKustomization, toStream } from '../../../../src/runtime/manifests/kubernetes/text.ts'
import { sampleUnits } from '../../../support/units.ts'

const files = await renderKubernetes(sampleUnits, { image: 'agentctl:1.0', namespace: undefined, keda: true })

describe('what is written', () => {
  it.each(files.map((file) => [file.name, file] as const))(
    '%s is as it was agreed on',
    async (name, file) => {
      await expect(toFile(file)).toMatchFileSnapshot(`golden/${name}`)
    },
  )

  it('has a kustomization with all files', async () => {
    await expect(toKustomization(files, 'agents')).toMatchFileSnapshot('golden/kustomization.yaml')
  })

  it('is the same as one stream', () => {
    const read = (text: string) =>
      parseAllDocuments(text)
        .map((one) => one.toJS())
        .filter((one) => one !== null)
    const manifests = files.flatMap((file) => file.manifests)
    expect(read(toStream(files))).toEqual(manifests)
    expect(files.flatMap((file) => read(toFile(file)))).toEqual(manifests)
  })
})
