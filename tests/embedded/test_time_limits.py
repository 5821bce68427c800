"""In the embedded size, too, a task that takes too long is ended."""

import subprocess
import sys

from tests.embedded.instance import ROOT, environment

PROGRAM = """
import time, threading
import dramatiq
from django.conf import settings
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import TimeLimit, TimeLimitExceeded

settings.configure(DRAIN_SECONDS=5)
broker = StubBroker(middleware=[TimeLimit(interval=50)])
dramatiq.set_broker(broker)
ended = threading.Event()

@dramatiq.actor(queue_name="default", time_limit=1000)
def endless():
    try:
        while True:
            time.sleep(0.05)
    except TimeLimitExceeded:
        ended.set()

from saas.embedded import worker
endless.send()
working = worker.start()
assert ended.wait(30), "it was not ended"
worker.drain(working)
print("ended")
"""


def test_a_task_is_ended_at_its_time_limit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "ended", done.stderr
