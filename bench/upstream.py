"""Serve an OpenAI-like image API that costs next to nothing, so that only its caller is measured.

.venv/bin/python -m bench.upstream --port N

Pictures are painted once. Each frame carries the time at which it began to leave, in a PNG chunk at a fixed place
(characters 44 to 100 of its base64), so that its receiver can tell how long it took. GET /__requests lists the prompts
with the times at which they arrived. Before each frame, the server waits for the seconds that the prompt names as
“delay=0.5”.
"""

import argparse
import asyncio
import base64
import json
import re
import struct
import time
import zlib
from collections import deque
from contextlib import suppress
from functools import cache

from bench.pictures import painted

EDGE = 1024
HEAD_BYTES = 33  # a PNG's signature and header: a multiple of 3, so that its base64 can be cut there
STAMP_CHARACTERS = 22  # makes the chunk's 42 bytes another multiple of 3
STAMP_AT = slice(44, 100)
REMEMBERED = 500
USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
    "output_tokens": 396,
    "total_tokens": 408,
}
requests: deque[dict[str, object]] = deque(maxlen=REMEMBERED)


@cache
def picture(blur: float) -> tuple[bytes, bytes]:
    """Return a picture's base64 in two parts, between which the stamp fits."""
    image = painted(EDGE, EDGE)
    data = (image.gaussblur(blur) if blur else image).write_to_buffer(".png")
    return base64.b64encode(data[:HEAD_BYTES]), base64.b64encode(data[HEAD_BYTES:])


def stamp(now: float) -> bytes:
    body = b"tEXtsent_at\0" + f"{now:.6f}".rjust(STAMP_CHARACTERS).encode()
    return base64.b64encode(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))


def sent_at(encoded: bytes) -> float:
    """Read the time of the stamp from the beginning of a picture's base64."""
    return float(base64.b64decode(encoded[STAMP_AT])[16 : 16 + STAMP_CHARACTERS])


def frame(kind: str, blur: float, **more: object) -> list[bytes]:
    """Return a frame in pieces, so that megabytes are not copied for each request."""
    now = time.time()
    about = {"type": kind, "created_at": int(now), "size": f"{EDGE}x{EDGE}", "quality": "low", "background": "opaque"}
    text = json.dumps({**about, "output_format": "png", **more})
    head, tail = picture(blur)
    return [f'event: {kind}\ndata: {text[:-1]},"b64_json":"'.encode() + head + stamp(now), tail, b'"}\n\n']


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"(?im)^content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            if head.startswith("GET /__requests"):
                await answer(writer, "application/json", [json.dumps(list(requests)).encode()])
            else:
                await develop(writer, json.loads(body))
    writer.close()


async def answer(writer: asyncio.StreamWriter, kind: str, pieces: list[bytes]) -> None:
    begin(writer, kind)
    await send(writer, pieces)
    writer.write(b"0\r\n\r\n")


def begin(writer: asyncio.StreamWriter, kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nx-request-id: req_bench\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())


async def send(writer: asyncio.StreamWriter, pieces: list[bytes]) -> None:
    for piece in pieces:
        writer.write(f"{len(piece):x}\r\n".encode())
        writer.write(piece)
        writer.write(b"\r\n")
    await writer.drain()


async def develop(writer: asyncio.StreamWriter, asked: dict[str, object]) -> None:
    prompt, partials = str(asked["prompt"]), int(str(asked.get("partial_images") or 0))
    requests.append({"at": time.time(), "fields": {"prompt": prompt}})
    told = re.search(r"delay=([0-9.]+)", prompt)
    delay_seconds = float(told[1]) if told else 0.0
    begin(writer, "text/event-stream")
    for index in range(partials):
        await asyncio.sleep(delay_seconds)
        more = {"partial_image_index": index}
        await send(writer, frame("image_generation.partial_image", 8.0 / (1 + index), **more))
    await asyncio.sleep(delay_seconds)
    await send(writer, frame("image_generation.completed", 0.0, usage=USAGE))
    writer.write(b"0\r\n\r\n")


async def run(port: int) -> None:
    for blur in (8.0, 4.0, 0.0):
        picture(blur)
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=64 * 1024 * 1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(run(parser.parse_args().port))
