"""Measure how long a start takes, and how much memory Darkroom then holds: .venv/bin/python -m bench.start [--rounds N]

Cold: an empty data folder, the environment made. Later: the same folder again. Ready: /readyz answers 200. Memory: the
proportional set size of Darkroom and all its children, PostgreSQL included: what the machine would get back.
"""

import argparse
import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AIM_SECONDS = 4.0
AIM_MEGABYTES = 250.0
SETTLE_SECONDS = 3.0
OWN_SETTINGS = ("DATABASE_URL", "REDIS_URL", "BROKER_URL")


@dataclass
class Start:
    seconds: float
    processor_seconds: float
    python_megabytes: float
    postgres_megabytes: float
    processes: int

    @property
    def megabytes(self) -> float:
        return self.python_megabytes + self.postgres_megabytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    cold, later = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
            Path(scratch).chmod(0o711)
            cold.append(measure(Path(scratch) / "data"))
            later.append(measure(Path(scratch) / "data"))
    print_table({"cold start": cold, "later start": later})


def measure(data: Path) -> Start:
    port = free_port()
    began = time.monotonic()
    with darkroom(data, port) as process:
        wait_until_ready(process, port)
        seconds = time.monotonic() - began
        worked = sum(processor_seconds(each) for each in family(process.pid))
        time.sleep(SETTLE_SECONDS)  # until what only the start needed has been freed
        sizes = {each: proportional_megabytes(each) for each in family(process.pid)}
        python = sizes.pop(process.pid)
        return Start(seconds, worked, python, sum(sizes.values()), 1 + len(sizes))


@contextmanager
def darkroom(data: Path, port: int, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {name: value for name, value in os.environ.items() if name not in OWN_SETTINGS} | variables
    command: list[str | Path] = [ROOT / "bin" / "run", "--port", str(port), "--data", data]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    while not is_ready(port):
        if process.poll() is not None:
            raise SystemExit("Darkroom did not start; bin/run says why.")
        time.sleep(0.01)


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """Return the ids of a process and of all its descendants."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            found += [each for child in (thread / "children").read_text().split() for each in family(int(child))]
    return found


def processor_seconds(pid: int) -> float:
    """Return the CPU time of the process and its ended children, in user and kernel; beside the clock, it tells how
    busy the rest of the machine was."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def proportional_megabytes(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def print_table(measured: dict[str, list[Start]]) -> None:
    print(f"| {'median':<11} | ready after | processor | Python | PostgreSQL | together | processes |")
    print(f"|{'-' * 13}|{'-' * 13}|{'-' * 11}|{'-' * 8}|{'-' * 12}|{'-' * 10}|{'-' * 11}|")
    for name, starts in measured.items():
        seconds = statistics.median(start.seconds for start in starts)
        worked = statistics.median(start.processor_seconds for start in starts)
        python = statistics.median(start.python_megabytes for start in starts)
        postgres = statistics.median(start.postgres_megabytes for start in starts)
        together = statistics.median(start.megabytes for start in starts)
        processes = max(start.processes for start in starts)
        print(
            f"| {name:<11} | {seconds:9.2f} s | {worked:7.2f} s | {python:3.0f} MB | {postgres:7.0f} MB "
            f"| {together:5.0f} MB | {processes:9} |"
        )
    aim = f"{AIM_SECONDS:9.2f} s | {'':9} | {'':6} | {'':10} | {AIM_MEGABYTES:5.0f} MB | {'':9}"
    print(f"| {'aim':<11} | {aim} |")


if __name__ == "__main__":
    main()
