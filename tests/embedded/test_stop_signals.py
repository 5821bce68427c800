"""A signal interrupts the start wherever it comes."""

import subprocess
import sys

LOST = """
import signal, weakref
from saas.embedded.stop_signals import Stopped, Stopping

class Module:
    pass

with Stopping() as stopping:
    module = Module()
    watched = weakref.ref(module, lambda _: signal.raise_signal(signal.SIGTERM))
    del module
    print("went on")
    try:
        stopping.check()
    except Stopped:
        print("stopped")
"""


def test_an_interruption_that_the_interpreter_loses_is_made_up_for() -> None:
    said = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split("\n") == ["went on", "stopped", ""]
    assert "Exception ignored" in said.stderr
