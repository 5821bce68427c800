"""Measure the memory that reading the results of a provider's batch takes: .venv/bin/python -m bench.batch_results
[--gigabytes 2]

A server in a process of its own sends a file of results; this process reads it as a worker does, line by line, decodes
each picture and writes it to a file. Measured are the resident size before and its peak, and the processor's time for
a picture. No database is needed.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

GIGABYTE = 1_000_000_000
MEGABYTE = 1_000_000
PICTURE_BYTES = 1_600_000
AIM_MEGABYTES = 200.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    total = int(parser.parse_args().gigabytes * GIGABYTE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, total), daemon=True)
    server.start()
    try:
        measure(ours.recv())
    finally:
        server.terminate()
        server.join()


def measure(port: int) -> None:
    import django

    django.setup()
    from saas.crypto.sealing import Secret
    from studio.providers import answers, openai_batches
    from studio.providers.adapter import Endpoint

    host = f"127.0.0.1:{port}"
    endpoint = Endpoint(f"http://{host}/v1", Secret("sk-bench"), allowed_hosts=(host,))
    before, began, worked = peak_megabytes(), time.monotonic(), time.process_time()
    pictures = size = 0
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
        for line in openai_batches.results(endpoint, "file-results"):
            frame = answers.final_of(line["response"]["body"], "req")
            (Path(scratch) / "picture.png").write_bytes(frame.data)
            pictures, size = pictures + 1, size + len(frame.data)
    seconds, each = time.monotonic() - began, (time.process_time() - worked) / max(pictures, 1)
    after = peak_megabytes()
    verdict = "ok" if after - before <= AIM_MEGABYTES else "TOO MUCH"
    sys.stdout.write(
        f"{pictures} pictures, {size / GIGABYTE:.2f} GB, {seconds:.0f} s, {each * 1000:.1f} ms of CPU a picture\n"
        f"resident before {before:.0f} MB, peak {after:.0f} MB, grown by {after - before:.0f} MB: {verdict}\n"
    )


def serve(pipe: Connection, total: int) -> None:
    """Answer one request with so many bytes of results."""
    import base64

    picture = base64.b64encode(os.urandom(PICTURE_BYTES)).decode()
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    body = {"created": 1, "data": [{"b64_json": picture}], "usage": usage}
    response = {"status_code": 200, "request_id": "req", "body": body}
    line = json.dumps({"id": "x", "custom_id": "x", "response": response, "error": None}).encode() + b"\n"

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
            """Say nothing."""

        def do_GET(self) -> None:
            count = total // len(line)
            self.send_response(200)
            self.send_header("Content-Type", "application/jsonl")
            self.send_header("Content-Length", str(count * len(line)))
            self.end_headers()
            for _ in range(count):
                self.wfile.write(line)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        pipe.send(server.server_address[1])
        server.handle_request()


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


if __name__ == "__main__":
    main()
