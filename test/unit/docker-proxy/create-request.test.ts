import { describe, expect, it } from 'vitest'
import { COMMANDS, MAX_DEADLINE } from '../../../src/runtime/docker-proxy/index.ts'
import { containerBody } from '../../../src/runtime/docker-proxy/policy/container-body.ts'
import { readCreateRequest } from '../../../src/runtime/docker-proxy/policy/create-request.ts'

const NOW = 1_000_000
const IMAGES = { python: 'agentctl-python:latest', node: 'registry.local:5000/agentctl-node:2' }
const MIB = 2 ** 20

const LABELS = {
  'agentctl.eval': 'e1',
  'agentctl.owner': 'executor-1',
  'agentctl.deadline': String(NOW + 1_000),
}
const plain = { Image: 'agentctl-python', Labels: LABELS }
const read = (body: unknown) =>
  readCreateRequest(typeof body === 'string' ? body : JSON.stringify(body), IMAGES, NOW)
const made = (body: unknown) =>
  containerBody(readCreateRequest(JSON.stringify(body), IMAGES, NOW), IMAGES, 'proxy-1')

/** All of the hardening; whoever changes it changes this, too. */
const GOLDEN = {
  Image: 'agentctl-python:latest',
  Entrypoint: ['python3'],
  Cmd: ['-u', '/runner.py'],
  Env: [],
  Labels: {
    'agentctl.eval': 'e1',
    'agentctl.owner': 'executor-1',
    'agentctl.deadline': '1001000',
    'agentctl.proxy': 'proxy-1',
  },
  User: '65534:65534',
  WorkingDir: '/tmp',
  Hostname: 'sandbox',
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  OpenStdin: true,
  StdinOnce: true,
  Tty: false,
  Healthcheck: { Test: ['NONE'] },
  HostConfig: {
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    IpcMode: 'none',
    CgroupnsMode: 'private',
    LogConfig: { Type: 'none' },
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    Privileged: false,
    Init: false,
    Memory: 128 * MIB,
    MemorySwap: 128 * MIB,
    NanoCpus: 1e9,
    PidsLimit: 64,
    Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${16 * MIB}` },
    Ulimits: [
      { Name: 'nofile', Soft: 128, Hard: 128 },
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'cpu', Soft: 31, Hard: 32 },
    ],
  },
}

describe('the body that goes to the engine', () => {
  it('is made of nothing but the hardening when nothing is asked for', () => {
    expect(made(plain)).toEqual(GOLDEN)
  })

  it('is the same when all of the hardening is asked for, or what SDKs send for nothing', () => {
    const { Entrypoint: _, Healthcheck: __, Hostname: ___, ...rest } = GOLDEN
    expect(made({ ...rest, Labels: LABELS, Cmd: COMMANDS.python })).toEqual(GOLDEN)
    const nothing = {
      Hostname: '',
      Domainname: '',
      ExposedPorts: null,
      Tty: false,
      Env: null,
      Cmd: null,
      Volumes: {},
      Entrypoint: [],
      OnBuild: null,
      NetworkingConfig: { EndpointsConfig: {} },
      HostConfig: {
        Binds: null,
        Privileged: false,
        CapAdd: null,
        Devices: [],
        PidMode: '',
        Memory: 0,
        PidsLimit: null,
        RestartPolicy: { Name: '', MaximumRetryCount: 0 },
      },
    }
    expect(made({ ...plain, ...nothing })).toEqual(GOLDEN)
  })

  it('has what may be asked for', () => {
    const body = {
      Image: 'registry.local:5000/agentctl-node:2',
      Cmd: COMMANDS.node,
      Env: ['PYTHONHASHSEED=0', 'TZ=UTC', 'AGENTCTL_X=a=b'],
      Labels: LABELS,
      HostConfig: {
        Memory: 64 * MIB,
        MemorySwap: 64 * MIB,
        NanoCpus: 5e8,
        PidsLimit: 10,
        Init: true,
        Tmpfs: { '/tmp': 'rw,size=8m' },
        Ulimits: [{ Name: 'cpu', Soft: 5, Hard: 5 }],
      },
    }
    expect(made(body)).toMatchObject({
      Image: 'registry.local:5000/agentctl-node:2',
      Entrypoint: ['node'],
      Cmd: ['/runner.mjs'],
      Env: ['PYTHONHASHSEED=0', 'TZ=UTC', 'AGENTCTL_X=a=b'],
      HostConfig: {
        Init: true,
        Memory: 64 * MIB,
        MemorySwap: 64 * MIB,
        NanoCpus: 5e8,
        PidsLimit: 10,
        Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${8 * MIB}` },
        Ulimits: [{ Name: 'nofile' }, { Name: 'core' }, { Name: 'cpu', Soft: 5, Hard: 6 }],
      },
    })
  })

  it('has numbers within their limits', () => {
    const HostConfig = {
      Memory: 2 ** 40,
      NanoCpus: 64e9,
      PidsLimit: 100_000,
      Tmpfs: { '/tmp': 'size=99999m' },
    }
    const most = read({ ...plain, HostConfig })
    expect(most).toMatchObject({ memory: 640 * MIB, nanoCpus: 1e9, pids: 288, tmp: 64 * MIB })
    const late = { ...LABELS, 'agentctl.deadline': String(NOW + 1e9) }
    expect(read({ ...plain, Labels: late }).labels.deadline).toBe(NOW + MAX_DEADLINE)
    expect(read({ ...plain, HostConfig: { Memory: 1 } }).memory).toBe(16 * MIB)
  })
})

const withHost = (HostConfig: object) => ({ ...plain, HostConfig })

describe('a body that is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['binds', withHost({ Binds: ['/:/host'] }), /HostConfig\.Binds/],
    ['mounts', withHost({ Mounts: [{ Type: 'bind', Source: '/', Target: '/h' }] }), /Mounts/],
    ['volumes of others', withHost({ VolumesFrom: ['postgres'] }), /VolumesFrom/],
    ['volumes', { ...plain, Volumes: { '/x': {} } }, /Volumes/],
    ['ports of its own', { ...plain, ExposedPorts: { '80/tcp': {} } }, /ExposedPorts/],
    ['devices', withHost({ Devices: [{ PathOnHost: '/dev/sda' }] }), /Devices/],
    ['device requests', withHost({ DeviceRequests: [{ Count: -1 }] }), /DeviceRequests/],
    ['device rules', withHost({ DeviceCgroupRules: ['c 1:* rwm'] }), /DeviceCgroupRules/],
    ['privileges', withHost({ Privileged: true }), /Privileged/],
    ['capabilities', withHost({ CapAdd: ['SYS_ADMIN'] }), /CapAdd/],
    ['fewer capabilities dropped', withHost({ CapDrop: ['CHOWN'] }), /CapDrop/],
    ['the network of the host', withHost({ NetworkMode: 'host' }), /NetworkMode/],
    ['the network of another', withHost({ NetworkMode: 'container:x' }), /NetworkMode/],
    [
      'a network',
      { ...plain, NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ['x'] } } } },
      /Networking/,
    ],
    ['processes of the host', withHost({ PidMode: 'host' }), /PidMode/],
    ['ipc of the host', withHost({ IpcMode: 'host' }), /IpcMode/],
    ['names of the host', withHost({ UTSMode: 'host' }), /UTSMode/],
    ['users of the host', withHost({ UsernsMode: 'host' }), /UsernsMode/],
    ['cgroups of the host', withHost({ CgroupnsMode: 'host' }), /CgroupnsMode/],
    ['another cgroup', withHost({ CgroupParent: '/' }), /CgroupParent/],
    ['sysctls', withHost({ Sysctls: { 'kernel.x': '1' } }), /Sysctls/],
    ['another runtime', withHost({ Runtime: 'evil' }), /Runtime/],
    ['no seccomp', withHost({ SecurityOpt: ['seccomp=unconfined'] }), /SecurityOpt/],
    [
      'no seccomp beside',
      withHost({ SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] }),
      /SecurityOpt/,
    ],
    ['hosts', withHost({ ExtraHosts: ['a:1.2.3.4'] }), /ExtraHosts/],
    ['dns', withHost({ Dns: ['1.1.1.1'] }), /Dns/],
    ['ports', withHost({ PortBindings: { '80/tcp': [{ HostPort: '80' }] } }), /PortBindings/],
    ['all ports', withHost({ PublishAllPorts: true }), /PublishAllPorts/],
    ['links', withHost({ Links: ['a:b'] }), /Links/],
    ['groups', withHost({ GroupAdd: ['docker'] }), /GroupAdd/],
    ['no oom killer', withHost({ OomKillDisable: true }), /OomKillDisable/],
    ['an oom score', withHost({ OomScoreAdj: -1000 }), /OomScoreAdj/],
    ['unmasked paths', withHost({ MaskedPaths: ['x'] }), /MaskedPaths/],
    ['a file with the id', withHost({ ContainerIDFile: '/etc/x' }), /ContainerIDFile/],
    ['a log', withHost({ LogConfig: { Type: 'json-file' } }), /LogConfig/],
    ['restarts', withHost({ RestartPolicy: { Name: 'always' } }), /RestartPolicy/],
    ['its own removal', withHost({ AutoRemove: true }), /AutoRemove/],
    ['shared memory', withHost({ ShmSize: 1e9 }), /ShmSize/],
    ['storage options', withHost({ StorageOpt: { size: '1T' } }), /StorageOpt/],
    ['another tmpfs', withHost({ Tmpfs: { '/etc': 'rw' } }), /Tmpfs/],
    ['a tmpfs with programs', withHost({ Tmpfs: { '/tmp': 'rw,exec' } }), /"exec"/],
    ['an object for a tmpfs', withHost({ Tmpfs: { '/tmp': { toString: 1 } } }), /toString/],
    ['an object for a limit', withHost({ Ulimits: [{ Name: { toString: 1 } }] }), /"object"/],
    ['swap', withHost({ Memory: 64 * MIB, MemorySwap: -1 }), /MemorySwap/],
    ['memory without limit', withHost({ Memory: -1 }), /Memory/],
    ['memory as text', withHost({ Memory: '1' }), /Memory/],
    ['processes without limit', withHost({ PidsLimit: -1 }), /PidsLimit/],
    ['other limits', withHost({ Ulimits: [{ Name: 'nproc', Soft: 1, Hard: 1 }] }), /nproc/],
    ['core dumps', withHost({ Ulimits: [{ Name: 'core', Soft: -1, Hard: -1 }] }), /core/],
    ['cpu without limit', withHost({ Ulimits: [{ Name: 'cpu', Soft: -1, Hard: -1 }] }), /cpu/],
    ['init of another kind', withHost({ Init: 'x' }), /Init/],
    ['something new', withHost({ SomethingNew: 1 }), /SomethingNew/],
    ['no object for HostConfig', { ...plain, HostConfig: ['x'] }, /HostConfig/],
    ['another image', { ...plain, Image: 'alpine' }, /image/],
    ['another tag', { ...plain, Image: 'agentctl-python:evil' }, /image/],
    ['an image by digest', { ...plain, Image: 'agentctl-python@sha256:00' }, /image/],
    ['a list for an image', { ...plain, Image: ['agentctl-python'] }, /image/],
    ['no image', { Labels: LABELS }, /image/],
    ['another command', { ...plain, Cmd: ['sh', '-c', 'id'] }, /Cmd/],
    ['more arguments', { ...plain, Cmd: [...COMMANDS.python, 'x'] }, /Cmd/],
    ['an entry point', { ...plain, Entrypoint: ['sh'] }, /Entrypoint/],
    ['root', { ...plain, User: 'root' }, /User/],
    ['another group', { ...plain, User: '65534:0' }, /User/],
    ['another folder', { ...plain, WorkingDir: '/' }, /WorkingDir/],
    ['a terminal', { ...plain, Tty: true }, /Tty/],
    ['a health check', { ...plain, Healthcheck: { Test: ['CMD', 'x'] } }, /Healthcheck/],
    ['a shell', { ...plain, Shell: ['sh'] }, /Shell/],
    ['a host name', { ...plain, Hostname: 'x' }, /Hostname/],
    ['a MAC address', { ...plain, MacAddress: '00:00:00:00:00:00' }, /MacAddress/],
    ['LD_PRELOAD', { ...plain, Env: ['LD_PRELOAD=/x'] }, /LD_PRELOAD/],
    ['a variable without a value', { ...plain, Env: ['HOME'] }, /HOME/],
    ['a variable with NUL', { ...plain, Env: ['HOME=a\0b'] }, /HOME/],
    ['a long variable', { ...plain, Env: [`HOME=${'x'.repeat(5_000)}`] }, /too long/],
    ['many variables', { ...plain, Env: Array(33).fill('HOME=x') }, /at most 32/],
    ['numbers for variables', { ...plain, Env: [1] }, /Env/],
    ['no labels', { Image: 'agentctl-python' }, /Labels/],
    ['other labels', { ...plain, Labels: { ...LABELS, x: 'y' } }, /"x"/],
    ['the label of the proxy', { ...plain, Labels: { ...LABELS, 'agentctl.proxy': 'y' } }, /agentctl\.proxy/],
    ['no deadline', { ...plain, Labels: { ...LABELS, 'agentctl.deadline': '' } }, /deadline/],
    ['a deadline in the past', { ...plain, Labels: { ...LABELS, 'agentctl.deadline': String(NOW) } }, /past/],
    ['a strange owner', { ...plain, Labels: { ...LABELS, 'agentctl.owner': 'a b' } }, /owner/],
    // How keys are spelled.
    ['another case', { ...plain, hostconfig: { Binds: ['/:/h'] } }, /hostconfig/],
    ['another case within', withHost({ privileged: true }), /privileged/],
    ['a long s', { ...plain, 'Ho\u017ftConfig': { Privileged: true } }, /is not allowed/],
    ['a Kelvin sign', withHost({ 'Networ\u212aMode': 'host' }), /is not allowed/],
    ['__proto__', '{"Image":"agentctl-python","__proto__":{"x":1}}', /__proto__/],
    ['a key twice', '{"Image":"agentctl-python","Image":"alpine"}', /"Image" twice/],
    ['a key twice in another case', '{"Image":"agentctl-python","image":""}', /"image" twice/],
    ['a key twice with a long s', '{"HostConfig":{},"Ho\u017ftConfig":{}}', /twice/],
    ['a key twice with an escape', '{"HostConfig":{},"Host\\u0043onfig":null}', /twice/],
    ['a key twice within', '{"HostConfig":{"Memory":1,"MEMORY":2}}', /twice/],
    // What is no JSON object.
    ['nothing', '', /not JSON/],
    ['half of one', '{"Image":', /not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['two', '{}{}', /not JSON/],
    ['a byte order mark', '\ufeff{}', /not JSON/],
    ['a comment', '{/**/}', /not JSON/],
    ['a deep one', `{"a":${'['.repeat(50)}${']'.repeat(50)}}`, /deep/],
  ])('%s', (_, body, why) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'DOCKER_PROXY_REFUSED' }))
    expect(() => read(body)).toThrow(why)
  })
})
