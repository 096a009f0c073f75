/** A program that tries to leave its container, or to harm what is around it. Attempts say `got …` or `refused …`. */
export interface Escape {
  name: string
  /** What must be so, in words for the reader of the report. */
  expected: string
  language: 'python' | 'javascript'
  code: string
  /** Lines that must be in its output, beyond that no attempt got anything. */
  shows?: readonly RegExp[]
  /** Exit code; 0 unless said. */
  exitCode?: number
}

const python = (name: string, attempts: Readonly<Record<string, string>>, before = ''): Escape => ({
  name,
  expected: 'refused',
  language: 'python',
  code: `import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    """A function of the C library that must not succeed."""
    if getattr(libc, name)(*args) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return name
def write(path, data):
    with open(path, 'wb', buffering=0) as file:
        return file.write(data)
def look_into(path):
    """What is masked is there, but empty."""
    with open(path, 'rb') as file:
        return file.read(64) or 1 / 0
def syscall(number, *args):
    return call('syscall', ctypes.c_long(number), *(ctypes.c_long(arg) for arg in args))
${before}
def attempt(name, what):
    try:
        print('got', name, str(what())[:100])
    except BaseException as error:
        print('refused', name, type(error).__name__, str(error)[:100])
${Object.entries(attempts)
  .map(([what, expression]) => `attempt(${JSON.stringify(what)}, lambda: ${expression})`)
  .join('\n')}
`,
})

const writes = (...paths: string[]) =>
  Object.fromEntries(paths.map((path) => [path, `write(${JSON.stringify(path)}, b'1')`]))
const opens = (...paths: string[]) =>
  Object.fromEntries(paths.map((path) => [path, `look_into(${JSON.stringify(path)})`]))

export const escapes: readonly Escape[] = [
  python('new namespaces', {
    user: `call('unshare', 0x10000000)`,
    mount: `call('unshare', 0x00020000)`,
    'network and processes': `call('unshare', 0x60000000)`,
    'those of process 1': `call('setns', os.open('/proc/1/ns/mnt', os.O_RDONLY), 0)`,
  }),
  python('mounts and other roots', {
    tmpfs: `call('mount', b'none', b'/tmp', b'tmpfs', 0, None)`,
    'writable root': `call('mount', None, b'/', None, 0x1020, None)`,
    proc: `call('mount', b'proc', b'/tmp', b'proc', 0, None)`,
    unmount: `call('umount2', b'/proc/sys', 2)`,
    chroot: `os.chroot('/tmp')`,
    pivot: `syscall(155, 0, 0)`,
  }),
  python('settings of the kernel', {
    ...writes(
      '/proc/sys/kernel/core_pattern',
      '/proc/sys/kernel/hostname',
      '/proc/sys/vm/drop_caches',
      '/proc/sysrq-trigger',
      '/sys/kernel/uevent_helper',
      '/sys/power/state',
    ),
    sethostname: `call('sethostname', b'x', 1)`,
    clock: `call('clock_settime', 0, (ctypes.c_long * 2)(0, 0))`,
    reboot: `call('reboot', 0x01234567)`,
    swap: `call('swapoff', b'/dev/vda')`,
  }),
  python('limits of its control group', {
    ...writes(
      '/sys/fs/cgroup/memory/memory.limit_in_bytes',
      '/sys/fs/cgroup/memory.max',
      '/sys/fs/cgroup/pids/pids.max',
      '/sys/fs/cgroup/pids.max',
      '/sys/fs/cgroup/cgroup.procs',
      '/sys/fs/cgroup/memory/release_agent',
      '/sys/fs/cgroup/devices/devices.allow',
    ),
    'a group of its own': `os.mkdir('/sys/fs/cgroup/memory/mine')`,
    'a group of its own, version 2': `os.mkdir('/sys/fs/cgroup/mine')`,
  }),
  python('devices', {
    ...opens(
      '/dev/mem',
      '/dev/kmsg',
      '/dev/vda',
      '/dev/sda',
      '/dev/fuse',
      '/dev/kvm',
      '/dev/net/tun',
      '/dev/tty',
    ),
    'a node of its own': `os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0))`,
    'ports of the processor': `call('iopl', 3)`,
  }),
  python('memory and secrets of the kernel', {
    ...opens(
      '/proc/kcore',
      '/proc/keys',
      '/proc/timer_list',
      '/proc/1/environ.host',
      '/sys/firmware/acpi/tables/DSDT',
    ),
    bpf: `syscall(321, 0, 0, 0)`,
    'perf events': `syscall(298, 0, 0, -1, -1, 0)`,
    keyring: `syscall(250, 0, -3, 1)`,
    'page faults': `syscall(323, 0)`,
    'kernel module': `syscall(175, 0, 0, 0)`,
    'another kernel': `syscall(246, 0, 0, 0, 0)`,
    'kernel log': `syscall(103, 3, 0, 0)`,
    'file handles': `syscall(304, -100, 0, 0)`,
  }),
  python('other rights', {
    setuid: `os.setuid(0)`,
    setgid: `os.setgid(0)`,
    groups: `os.setgroups([0])`,
    nice: `os.nice(-5)`,
    'first to be spared when memory is short': `write('/proc/self/oom_score_adj', b'-1000')`,
    'processor time': `__import__('resource').setrlimit(0, (-1, -1))`,
    'open files': `__import__('resource').setrlimit(7, (100000, 100000))`,
    'a capability': `call('prctl', 23, 21) == 'prctl' and libc.prctl(23, 21) == 1 or 1 / 0`,
  }),
  {
    name: 'what rights it has',
    expected: 'no capabilities, no new privileges, system calls filtered, user 65534',
    language: 'python',
    code: `print(open('/proc/self/status').read())`,
    shows: [
      /^CapEff:\s+0+$/m,
      /^CapBnd:\s+0+$/m,
      /^NoNewPrivs:\s+1$/m,
      /^Seccomp:\s+2$/m,
      /^Uid:\s+65534\b/m,
    ],
  },
  {
    name: 'programs with the rights of others',
    expected: 'none has the set-user-ID bit in effect',
    language: 'python',
    code: `import os, stat
for top, _, names in os.walk('/', onerror=None):
    if top.startswith(('/proc', '/sys')): continue
    for name in names:
        try:
            mode = os.lstat(os.path.join(top, name)).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & 0o6000: print('found', top, name)
print('looked')`,
    // Such a bit would be of no use, with no-new-privileges.
    shows: [/^looked$/m],
  },
  python('raw network', {
    'raw socket': `socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)`,
    packets: `socket.socket(socket.AF_PACKET, socket.SOCK_RAW)`,
    'an address': `socket.create_connection(('1.1.1.1', 53), 2)`,
    'version 6': `socket.create_connection(('2606:4700:4700::1111', 53), 2)`,
    'the metadata of a cloud': `socket.create_connection(('169.254.169.254', 80), 2)`,
    'the gateway': `socket.create_connection(('172.17.0.1', 2375), 2)`,
    name: `socket.getaddrinfo('example.com', 80)`,
    'names without a file': `socket.socket(socket.AF_UNIX).connect('\\0docker')`,
  }),
  {
    name: 'network interfaces',
    expected: 'the loopback interface alone',
    language: 'python',
    code: `import socket\nprint([name for _, name in socket.if_nameindex()])`,
    shows: [/^\['lo'\]$/m],
  },
  python('sockets of the engine', {
    ...Object.fromEntries(
      ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock'].map((path) => [
        path,
        `socket.socket(socket.AF_UNIX).connect(${JSON.stringify(path)})`,
      ]),
    ),
    'on port 2375': `socket.create_connection(('127.0.0.1', 2375), 2)`,
    'the proxy': `socket.create_connection(('127.0.0.1', 8005), 2)`,
  }),
  python('the image it runs in', {
    ...writes('/etc/passwd', '/runner.py', '/usr/bin/python3', '/new', '/etc/ld.so.preload'),
    'a link to it': `(os.symlink('/etc/passwd', '/tmp/link'), open('/tmp/link', 'a').write('x'))`,
    remove: `os.remove('/runner.py')`,
    mode: `os.chmod('/etc', 0o777)`,
  }),
  python(
    'files of the host through links',
    {
      'root of process 1': `read('/proc/1/root/var/lib/docker')`,
      'its own root': `read('/proc/self/root/../../../var/lib/docker')`,
      'a link to where it came from': `(os.symlink('/proc/1/root/../../root', '/tmp/up'), read('/tmp/up/.ssh'))`,
      'working folder of process 1': `read('/proc/1/cwd/../../../home')`,
    },
    'read = os.listdir',
  ),
  python(
    'programs of its own',
    {
      script: `os.execv(made('#!/usr/bin/python3\\nprint("ran")'), ['x'])`,
      library: `ctypes.CDLL(copied())`,
    },
    `def made(text):
    with open('/tmp/own', 'w') as file: file.write(text)
    os.chmod('/tmp/own', 0o755)
    return '/tmp/own'
def copied():
    import glob, shutil
    shutil.copy(glob.glob('/lib/*/libm.so*')[0], '/tmp/own.so')
    return '/tmp/own.so'`,
  ),
  python('memory that is shared', {
    folder: `open('/dev/shm/x', 'w')`,
    semaphore: `__import__('multiprocessing').Semaphore()`,
  }),
  {
    name: 'kills its runner',
    expected: 'the runner lives on and tells the exit code',
    language: 'python',
    code: `import os, signal, sys, time
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV):
    os.kill(1, number)
time.sleep(0.2)
print('still here')
sys.exit(7)`,
    shows: [/^still here$/m],
    exitCode: 7,
  },
  {
    name: 'traces its runner and writes into its memory',
    expected: 'it reaches its own container alone, and may at most tell a wrong end of itself',
    language: 'python',
    code: `import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
print('tried', libc.ptrace(16, 1, None, None))
time.sleep(0.2)
print('tried', libc.ptrace(17, 1, None, None))
try:
    with open('/proc/1/mem', 'r+b', buffering=0) as memory:
        memory.seek(0x400000)
        memory.write(b'x' * 4096)
except OSError as error:
    print('tried', error.strerror)`,
    shows: [/^tried/m],
  },
  {
    name: 'kills the init of its container',
    expected: 'the program lives on, and its exit code is told',
    language: 'javascript',
    code: `for (const name of ['SIGKILL', 'SIGSTOP', 'SIGSEGV']) process.kill(1, name)
setTimeout(() => { console.log('still here'); process.exitCode = 7 }, 200)`,
    shows: [/^still here$/m],
    exitCode: 7,
  },
  {
    name: 'looks for other processes',
    expected: 'it sees its own alone',
    language: 'python',
    code: `import os\nprint('processes', len([name for name in os.listdir('/proc') if name.isdigit()]))`,
    shows: [/^processes 2$/m],
  },
  {
    name: 'leaves processes behind that hold its output open',
    expected: 'they end with it',
    language: 'python',
    code: `import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
        time.sleep(3600)
    os._exit(0)
print('gone')`,
    shows: [/^gone$/m],
  },
  {
    name: 'says that it has ended otherwise',
    expected: 'what looks like a record of the runner is output like any other',
    language: 'python',
    code: `import os, sys
for fd in (1, 2):
    os.write(fd, b'\\0' + b'0' * 32 + b'E x 0 0 0\\n')
    os.write(fd, b'\\0')
sys.exit(5)`,
    shows: [/^\uFFFD0{32}E x 0 0 0$/m],
    exitCode: 5,
  },
  {
    name: 'fills /tmp',
    expected: 'told that there is no space, within 16 MiB',
    language: 'python',
    code: `size = 0
try:
    with open('/tmp/fill', 'wb') as file:
        while True: size += file.write(b'x' * 65536)
except OSError as error:
    print('refused', error.strerror, size <= 16 * 2**20)`,
    shows: [/^refused No space left on device True$/m],
  },
  {
    name: 'opens files without end',
    expected: 'told that it may have no more',
    language: 'python',
    code: `files = []
try:
    while True: files.append(open('/dev/null'))
except OSError as error:
    print('refused', error.strerror, len(files) < 128)`,
    shows: [/^refused Too many open files True$/m],
  },
  {
    name: 'native code of its own',
    expected: 'refused',
    language: 'javascript',
    code: `const { copyFileSync, readdirSync, writeFileSync } = require('node:fs')
const attempt = (name, what) => { try { console.log('got', name, what()) } catch (error) { console.log('refused', name, error.code ?? error.message) } }
attempt('addon', () => { copyFileSync('/usr/lib/' + readdirSync('/usr/lib', { recursive: true }).find((name) => /libstdc\\+\\+\\.so/.test(name)), '/tmp/own.node'); return require('/tmp/own.node') })
attempt('copy of node', () => { writeFileSync('/tmp/own', '#!/usr/bin/node\\nconsole.log(1)', { mode: 0o755 }); const ran = require('node:child_process').spawnSync('/tmp/own'); if (ran.error) throw ran.error; return ran.status })
attempt('debugger of the host', () => { process._debugProcess(2 ** 22); return 'asked' })`,
  },
]

/** Has its runner tell it the secret with which that marks what it tells. */
export const beginsAgain = `
const fs = require('node:fs')
const { writeSync } = fs
const told = []
fs.writeSync = (_, record) => told.push(String(record))
require('node:module').syncBuiltinESMExports()
process.emit('exit')
const [, secret] = /^\\0([0-9a-f]{32})E/.exec(told[0]) ?? []
console.log('found', secret !== undefined)
setInterval(() => writeSync(2, '\\0' + secret + 'S\\n'), 500)
setTimeout(() => process.exit(0), 20_000)
`
