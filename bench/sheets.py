"""Measure sheets on a running Darkroom of its own: .venv/bin/python -m bench.sheets [--rows 500 10000]

Measured are the time in which a table is parsed, checked, priced and kept, and then that of its page, of pages of its
rows through the whole sheet, and of its result. Nothing is made."""

import argparse
import json
import tempfile
import time
import uuid
from pathlib import Path
from urllib.request import Request, urlopen

from bench.page import manage
from bench.start import darkroom, free_port, wait_until_ready

AIM_SECONDS = {500: 2.0}
AIM_PAGE_MILLISECONDS = 150.0
PAGE = 200


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="+", default=[500, 10_000])
    counts: list[int] = options.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder), free_port()
        with darkroom(data, port) as process:
            wait_until_ready(process, port)
            demo = json.loads(manage(data, "demo", "--json"))
            for count in counts:
                measure(f"http://127.0.0.1:{port}/api/v1/", demo["api_key"], count)


def measure(url: str, key: str, count: int) -> None:
    began = time.perf_counter()
    sheet = json.loads(ask(f"{url}sheets", key, table(count)))
    seconds = time.perf_counter() - began
    assert (sheet["rows"], sheet["quote"]["pictures"], sheet["faults"]) == (count, count, [])
    aim = f", aim {AIM_SECONDS[count]:.0f} s" if count in AIM_SECONDS else ""
    print(f"{count:>6} rows parsed, priced and kept in {seconds:.2f} s{aim}")
    pages = list[float]()
    cursor = ""
    while True:
        began = time.perf_counter()
        page = json.loads(ask(f"{url}sheets/{sheet['id']}/rows?limit={PAGE}{cursor}", key))
        pages.append((time.perf_counter() - began) * 1000)
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    p95 = sorted(pages)[int(0.95 * (len(pages) - 1))]
    print(f"       {len(pages)} pages of {PAGE} rows: p95 {p95:.0f} ms, aim {AIM_PAGE_MILLISECONDS:.0f} ms")
    began = time.perf_counter()
    size = len(ask(f"{url}sheets/{sheet['id']}/result.csv", key))
    print(f"       result sheet of {size / 1e6:.2f} MB in {time.perf_counter() - began:.2f} s")


def table(count: int) -> bytes:
    rows = (f'S-{n},"A product, number {n}, on an oak table",1024x1024,low\r\n' for n in range(count))
    return ("sku,prompt,size,quality\r\n" + "".join(rows)).encode()


def ask(url: str, key: str, file: bytes | None = None) -> bytes:
    headers, body = {"Authorization": f"Bearer {key}"}, None
    if file is not None:
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="table.csv"\r\n\r\n'
        body = head.encode() + file + f"\r\n--{edge}--\r\n".encode()
        headers["Content-Type"] = f"multipart/form-data; boundary={edge}"
    with urlopen(Request(url, body, headers), timeout=600) as answer:  # noqa: S310 our own address
        found: bytes = answer.read()
    return found


if __name__ == "__main__":
    main()
