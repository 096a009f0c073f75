"""First process in a sandbox for Python.

Waits on stdin for one frame, which tells what to run; the rest of stdin belongs to the program:

    <8 hexadecimal digits: bytes of the header><header><code>

The header is UTF-8: nonce, language, milliseconds of processor time, bytes of the code, then one argument each, with NUL
between them. The program is a child of this process, forked from it, so that Python need not be started again, and so that signals
do to the program what they do elsewhere. Two records tell whoever reads the output of its life, each a line that begins
with NUL and the nonce, which the program does not know by accident:

    S                            on stderr, before the program starts
    E <x|s> <number> <oom> <cpu> on stderr and stdout, after everything has ended: exit code or signal, whether
                                 something was killed for want of memory, whether the processor time was used up
"""

# Not `signal`: that takes milliseconds to import, for enumerations that nobody needs here.
import _signal as signal
import os
import sys
import time

PROGRAM = '/tmp/main.py'
# Of the cgroup of this container, by version of cgroups: how many were killed for want of memory; processor time.
KILLS = ('/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control')
USAGE_V2 = '/sys/fs/cgroup/cpu.stat'
USAGE_V1 = '/sys/fs/cgroup/cpuacct/cpuacct.usage'


def read_exactly(count):
    """Unbuffered, since what follows is not ours. Ends this process when nobody will ever send a program."""
    parts = []
    while count > 0:
        part = os.read(0, min(count, 65536))
        if not part:
            os._exit(0)
        parts.append(part)
        count -= len(part)
    return b''.join(parts)


def read_text(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ''


def number_of(text, name):
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == name:
            return int(words[1])
    return 0


def used_ms():
    """Processor time of everything in this container."""
    stat = read_text(USAGE_V2)
    if stat:
        return number_of(stat, 'usage_usec') / 1e3
    return int(read_text(USAGE_V1) or 0) / 1e6


def oom_kills():
    return sum(number_of(read_text(path), 'oom_kill') for path in KILLS)


def write_all(fd, data):
    try:
        os.set_blocking(fd, True)
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        pass


def kill_all():
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_for(child, cpu_ms):
    """Status of the child, and whether it was ended for its processor time. Takes in orphans on the way."""
    end = used_ms() + cpu_ms
    spent = False
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == child:
            return status, spent
        if ended:
            continue
        # A container has one processor, so the time cannot be used up before this.
        left = end - used_ms()
        if left <= 0:
            spent = True
            kill_all()
        signal.sigtimedwait([signal.SIGCHLD], max(left, 5) / 1000)


def end_rest():
    give_up = time.monotonic() + 2
    while time.monotonic() < give_up:
        kill_all()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        signal.sigtimedwait([signal.SIGCHLD], 0.01)


def supervise(child, mark, cpu_ms):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.close(0)
    status, spent = wait_for(child, cpu_ms)
    end_rest()
    how = f's {os.WTERMSIG(status)}' if os.WIFSIGNALED(status) else f'x {os.WEXITSTATUS(status)}'
    record = mark + f'E {how} {int(oom_kills() > 0)} {int(spent)}\n'.encode()
    write_all(2, record)
    write_all(1, record)
    os._exit(0)


def receive():
    """The code and the arguments of the program. Returns in the child only."""
    nonce, _, cpu_ms, size, *args = read_exactly(int(read_exactly(8), 16)).decode().split('\0')
    code = read_exactly(int(size))
    mark = b'\0' + nonce.encode()
    write_all(2, mark + b'S\n')
    child = os.fork()
    if child:
        supervise(child, mark, int(cpu_ms))
    return code, args


def prefer_as_victim():
    """When memory is short the program goes, so that this process can tell of it."""
    try:
        with open('/proc/self/oom_score_adj', 'w') as file:
            file.write('1000')
    except OSError:
        pass


def run(code, args):
    """As `python3 main.py` does, with the traceback it prints."""
    prefer_as_victim()
    with open(PROGRAM, 'wb') as file:
        file.write(code)
    main = type(sys)('__main__')
    main.__file__ = PROGRAM
    main.__builtins__ = __builtins__
    sys.modules['__main__'] = main
    sys.argv = [PROGRAM, *args]
    sys.path[0] = os.path.dirname(PROGRAM)
    try:
        exec(compile(code, PROGRAM, 'exec', dont_inherit=True), main.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        # Without the frame of this function.
        error.with_traceback(error.__traceback__.tb_next)
        sys.excepthook(type(error), error, error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        sys.exit(1)


# It ends every process that it can: the last thing to do outside a container.
if os.getuid() != 65534:
    sys.exit('runner.py is the first process of a sandbox, for user 65534 only')
runner = sys.modules['__main__']
run(*receive())
