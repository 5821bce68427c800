"""Make previews in a process of its own, which `studio.imaging.preview_process` starts: it decodes what comes on its
standard input, whenever the machine has nothing else to do. It has no database, no storage and no secret.

A question is a length and the bytes of a picture. An answer is a letter, two lengths, and the bytes of preview and
thumbnail. The process ends when its input does."""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from studio.imaging import decode_turns, previews

ASKED, ANSWERED = Struct(">Q"), Struct(">cQQ")
MADE, UNREADABLE = b"+", b"-"
CPU_SECONDS = 60  # of one picture; the largest that is allowed takes a tenth
MOST_BYTES = 2_000_000_000  # twice what the largest takes
NICENESS = 19  # where the kernel has no idle class


def main() -> None:
    step_back()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with decode_turns.unshared():
        while head := sys.stdin.buffer.read(ASKED.size):
            (length,) = ASKED.unpack(head)
            bound_time()
            answer(sys.stdin.buffer.read(length), sys.stdout.buffer)


def step_back() -> None:
    """Let everything else that runs on this machine go first."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # it is the first to go where memory ends


def bound_time() -> None:
    """Have the kernel end this process if the next picture takes too much of a processor. Waiting costs nothing."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_SECONDS, most))


def answer(data: bytes, out: BinaryIO) -> None:
    try:
        preview, thumbnail = previews.preview_and_thumbnail(data)
    except (previews.Unreadable, MemoryError):
        out.write(ANSWERED.pack(UNREADABLE, 0, 0))
    else:
        out.write(ANSWERED.pack(MADE, len(preview), len(thumbnail)) + preview + thumbnail)
    out.flush()


if __name__ == "__main__":
    main()
