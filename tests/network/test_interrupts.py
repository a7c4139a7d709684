"""Ctrl-C during a run, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial

_HEAR = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
SCRIPT = """
import sys, time
from rheobase import *
set_backend(sys.argv[1])
prefs.core.stop_on_keyboard_interrupt = sys.argv[2] == "gently"
cells = NeuronGroup(1000, "dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0")
net = Network(cells)
net.run(1*ms)
print("ready", flush=True)
try:
    net.run(1e6*second)
except KeyboardInterrupt:
    print("raised", flush=True)
print("stopped", flush=True)
before = net.t_
net.run(1*ms)
assert abs(net.t_ - before - 1e-3) < 1e-9 and abs(cells.clock.t_ - net.t_) < 1e-9
print("continued", flush=True)
"""


def interrupted(backend: str, how: str) -> tuple[float, str]:
    """Seconds from Ctrl-C to the end of the run; what the script printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, backend, how],
        stdout=subprocess.PIPE,
        text=True,
        # what shells start in the background ignores Ctrl-C, and so would its children
        preexec_fn=_HEAR if os.name == "posix" else None,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    sent = time.perf_counter()
    first = process.stdout.readline()
    passed = time.perf_counter() - sent
    rest = process.stdout.read()  # communicate() would lose what readline() has buffered
    assert process.wait(timeout=60) == 0
    return passed, first + rest


def test_ctrl_c_ends_a_run_at_once_and_the_script_goes_on(backend):
    """At once: the processor may be busy with something else, but not three times."""
    for _ in range(3):
        passed, printed = interrupted(backend, "gently")
        assert printed == "stopped\ncontinued\n"
        if passed < 0.1:
            return
    raise AssertionError(f"the run went on for {passed:.2f} s")


def test_ctrl_c_raises_if_the_preference_says_so(backend):
    assert interrupted(backend, "not")[1] == "raised\nstopped\ncontinued\n"
