import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { packFolder } from '../../src/runtime/images/pack.ts'

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386' }
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

/** A registry (the Docker Registry HTTP API V2) with one image of one layer, in which there is one file. */
export async function startRegistry(name: string, tag: string) {
  const tar = await layer()
  const zipped = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      config: { Entrypoint: ['/entry'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  const blob = (bytes: Buffer, mediaType: string) => ({
    mediaType,
    size: bytes.length,
    digest: digestOf(bytes),
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: blob(config, 'application/vnd.docker.container.image.v1+json'),
      layers: [blob(zipped, 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
    }),
  )
  const files = new Map([
    ['/v2/', Buffer.from('{}')],
    ...[tag, digestOf(manifest)].map((of) => [`/v2/${name}/manifests/${of}`, manifest] as const),
    ...[config, zipped].map((bytes) => [`/v2/${name}/blobs/${digestOf(bytes)}`, bytes] as const),
  ])
  const server = createServer((request, response) => {
    const bytes = files.get(request.url ?? '')
    response.writeHead(bytes ? 200 : 404, {
      'content-type': bytes === manifest ? MANIFEST : 'application/octet-stream',
      'content-length': bytes?.length ?? 0,
      'docker-content-digest': bytes ? digestOf(bytes) : '',
    })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    address: `127.0.0.1:${port}`,
    /** Digest of the layer. */
    layer: digestOf(tar),
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function layer(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-test-'))
  try {
    await writeFile(join(folder, 'hello'), 'hello')
    return await buffer(await packFolder(folder))
  } finally {
    await rm(folder, { recursive: true, force: true })
    await rm(`${folder}.tar`, { force: true })
  }
}
