"""Strangers who let the public sandbox look through large pictures, and the picture of somebody else meanwhile."""

import zlib
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import httpx2

from tests.storm.client import Storm

SIDE = 5000
AT_ONCE = 20
MOST_MEANWHILE = 6  # it was a dozen while the threads that read for strangers were those that send files


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def heavy() -> bytes:
    """One colour, so that little has to be sent and much decoded."""
    head = SIDE.to_bytes(4) * 2 + bytes((8, 2, 0, 0, 0))
    rows = zlib.compress(bytes((SIDE * 3 + 1) * SIDE), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_pictures_are_sent_while_strangers_keep_the_sandbox_busy(storm: Storm) -> None:
    picture = heavy()
    form = {"model": "gpt-image-2", "prompt": "[sandbox fail=server_error]"}
    files = [("image[]", ("a.png", picture, "image/png"))] * 4
    asking = {"Authorization": f"Bearer {storm.api_key}"}

    def flood(_: int) -> int:
        url = f"{storm.url}/sandbox/v1/images/edits"
        return httpx2.post(
            url, data=form, files=files, headers={"Authorization": "Bearer stranger"}, timeout=120, trust_env=False
        ).status_code

    with httpx2.Client(base_url=storm.url, headers=asking, timeout=60, trust_env=False) as program:
        asked = {"model": "gpt-image-2", "prompt": "a forest", "size": "1536x1024", "quality": "high"}
        assert program.post("/v1/images/generations", json=asked).status_code == 200
        newest = program.get("/api/v1/images", params={"limit": 1}).json()["data"][0]["id"]
        with ThreadPoolExecutor(AT_ONCE) as strangers:
            floods = [strangers.submit(flood, number) for number in range(AT_ONCE)]
            wait(floods, timeout=120, return_when=FIRST_COMPLETED)  # the others are being read, or wait for it
            before = sum(one.done() for one in floods)
            assert len(program.get(f"/api/v1/images/{newest}/original").content) > 256 * 1024
            meanwhile = sum(one.done() for one in floods) - before
            assert {one.result(120) for one in floods} == {500}
    assert meanwhile <= MOST_MEANWHILE
