# Part of the snapshot of Python's memory: what most programs import, and what runs a program as `python main.py` would.
import sys, io, os, random, time, traceback, types, linecache, atexit, errno
import asyncio, collections, contextlib, copy, dataclasses, datetime, decimal, enum, fractions, functools, heapq
import itertools, json, math, operator, re, statistics, string, textwrap, typing


def _agentctl_run(code, args, sleep):
    random.seed()  # every run would draw the same numbers else: the state is that of the snapshot

    def pause(seconds):
        seconds = seconds.__float__() if hasattr(seconds, "__float__") else seconds.__index__()
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        sys.stdout.flush()
        sleep(seconds * 1000)

    def no_processes(*_, **__):
        raise OSError(errno.ENOSYS, "there are no processes in this sandbox")

    time.sleep = pause
    os.system = os.popen = no_processes
    sys.argv = ["main.py", *args]
    for name in ("_", "PYTHONINSPECT"):
        os.environ.pop(name, None)
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr.reconfigure(line_buffering=True)
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    linecache.cache["main.py"] = (len(code), None, code.splitlines(True), "main.py")
    status = 0
    try:
        exec(compile(code, "main.py", "exec", dont_inherit=True), main.__dict__)
    except SystemExit as end:
        status = _agentctl_status(end.code)
    except BaseException as error:
        _agentctl_traceback(error)
        status = 1
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        status = status or 120
    return status


def _agentctl_status(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 255
    print(code, file=sys.stderr)
    return 1


def _agentctl_traceback(error):
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != "main.py":
        trace = trace.tb_next
    try:
        traceback.print_exception(type(error), error.with_traceback(trace), trace)
    except BaseException as worse:  # such as a __str__ that raises, or too deep a recursion
        print(f"{type(error).__name__} ({type(worse).__name__} while telling of it)", file=sys.stderr)
