"""Small files that would cost much: refused by their structure, in milliseconds, at every door that decodes."""

import time
import zlib
from typing import Any

import pytest

from studio.imaging import compositing, containers, decode_turns, inspection, previews, vips
from studio.imaging.containers import BrokenPicture
from studio.imaging.inspection import UploadRefused
from studio.openai_wire.errors import OpenAIError
from studio.sandbox import picture_checks
from studio.sandbox.paint import loading
from tests.storm import bombs
from tests.support import picture_bytes

PROFILE = b"ICC_PROFILE\0\1\1" + bombs.profile_with_a_program()
PROFILE_IN_TWO = [b"ICC_PROFILE\0\2\2" + PROFILE[144:], b"ICC_PROFILE\0\1\2" + PROFILE[14:144]]

REFUSED = {
    "101 scans": bombs.scans(2048, 2048, 101),
    "883 scans": bombs.scans(4096, 4096, 883),
    "scans behind a restart": bombs.scans(2048, 2048, 800, hidden=True),
    "scans behind another marker without length": bombs.scans(2048, 2048, 800, hidden=True).replace(
        b"\xff\xd0", b"\xff\x01"
    ),
    "components scanned again and again": picture_bytes.plain(".jpg").replace(
        b"\xff\xd9", picture_bytes.plain(".jpg")[picture_bytes.plain(".jpg").index(b"\xff\xda") : -2] * 3 + b"\xff\xd9"
    ),
    "arithmetic coding": picture_bytes.plain(".jpg").replace(b"\xff\xc0", b"\xff\xc9", 1),
    "a second picture": picture_bytes.plain(".jpg")[:-2] + picture_bytes.plain(".jpg")[2:],
    "jpeg with a program": picture_bytes.jpeg_with(picture_bytes.plain(".jpg"), picture_bytes.segment(0xE2, PROFILE)),
    "jpeg with a program in two parts": picture_bytes.jpeg_with(
        picture_bytes.plain(".jpg"), *(picture_bytes.segment(0xE2, part) for part in PROFILE_IN_TWO)
    ),
    "two parts with one number": picture_bytes.jpeg_with(
        picture_bytes.plain(".jpg"), *[picture_bytes.segment(0xE2, PROFILE)] * 2
    ),
    "png with a program": picture_bytes.png_with(
        picture_bytes.plain(".png"), picture_bytes.chunk(b"iCCP", b"x\0\0" + zlib.compress(PROFILE[14:]))
    ),
    "png of one column": picture_bytes.png(1, 65_536, packed=bytes(60_000)),
    "moving png": picture_bytes.png(8, 8, picture_bytes.chunk(b"acTL", bytes([0, 0, 0, 2, 0, 0, 0, 0]))),
    "webp with a program": picture_bytes.webp_with(
        picture_bytes.plain(".webp"), picture_bytes.riff_chunk(b"ICCP", PROFILE[14:]), flags=0x20
    ),
    "webp of two kinds": picture_bytes.webp(
        picture_bytes.plain(".webp")[12:],
        picture_bytes.saved(picture_bytes.painting(), ".webp[lossless,keep=none]")[12:],
    ),
    "webp with its picture twice": picture_bytes.webp(
        picture_bytes.plain(".webp")[12:], picture_bytes.plain(".webp")[12:]
    ),
    "webp with its transparency twice": picture_bytes.webp(
        picture_bytes.extended(60, 40, 0x10),
        picture_bytes.riff_chunk(b"ALPH", b"x") * 2,
        picture_bytes.plain(".webp")[12:],
    ),
    "moving webp": picture_bytes.webp(
        picture_bytes.extended(60, 40, 0x02), picture_bytes.riff_chunk(b"ANIM", bytes(6))
    ),
}


@pytest.mark.parametrize("bomb", REFUSED)
def test_it_is_refused_in_milliseconds_before_anything_is_decoded(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads, masks, links and data URLs are examined; frames of providers measured; the sandbox has its own words."""
    data = REFUSED[bomb]
    monkeypatch.setattr(vips.Image, "new_from_buffer", None)
    monkeypatch.setattr(vips.Image, "thumbnail_buffer", None)
    taken = []
    for _ in range(3):
        began = time.process_time()
        with pytest.raises(UploadRefused):
            inspection.examine(data)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.25
    for read in (previews.measure, previews.preview, previews.preview_and_thumbnail, previews.thumbnail):
        with pytest.raises(previews.Unreadable):
            read(data)
    with pytest.raises(OpenAIError):
        picture_checks.check_image(data, 1, "image")
    for paint in (loading.plain, lambda data: loading.redrawn(data, 8, 8)):
        with pytest.raises(BrokenPicture):
            paint(data)
    with pytest.raises(compositing.CannotCompose):
        compositing.opened(data)
    assert decode_turns.room().held_bytes == 0


def test_nothing_is_decoded_without_a_turn() -> None:
    for decode in (lambda data: vips.decode(data, containers.read_header(data)), previews.preview, compositing.opened):
        with pytest.raises(RuntimeError):
            decode(picture_bytes.plain(".png"))


def test_a_hundred_scans_are_enough_for_everybody_and_cost_little() -> None:
    """Linear in the pixels: the largest picture that is taken costs sixteen times as much."""
    picture = inspection.examine(bombs.scans(2048, 2048, 100))
    began = time.process_time()
    with decode_turns.unshared():
        inspection.normalise(picture)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("form", [".jpg", ".jpg[interlace]", ".png", ".png[interlace]", ".webp", ".webp[lossless]"])
@pytest.mark.parametrize("bands", [1, 3])
def test_ordinary_files_pass(form: str, bands: int) -> None:
    data = picture_bytes.saved(picture_bytes.painting(300, 200, 3).extract_band(0, n=bands), form)
    with decode_turns.unshared():
        assert inspection.normalise(inspection.examine(data)).width == 300
        assert previews.preview(data)


def test_words_that_swell_do_not_reach_the_decoder() -> None:
    data = picture_bytes.png_with(picture_bytes.plain(".png"), *bombs.swollen_texts(40, 40))
    assert len(data) < 4_000_000
    picture = inspection.examine(data)
    began = time.process_time()
    with decode_turns.unshared():
        assert inspection.normalise(picture).data == picture_bytes.plain(".png")
        assert previews.preview(data)
    assert time.process_time() - began < 1


def reckoned(data: bytes) -> int:
    return containers.read_header(data).decoded_bytes


def test_what_a_decoder_holds_is_reckoned_from_above() -> None:
    million = 1024 * 1024
    assert reckoned(bombs.interlaced(1024, 1024)) == million * 8
    assert reckoned(picture_bytes.png(1024, 1024)) < million
    assert reckoned(bombs.scans(1024, 1024, 20)) == million * 2
    assert reckoned(picture_bytes.plain(".jpg", 1024, 1024)) < million
    assert reckoned(picture_bytes.plain(".webp", 1024, 1024)) >= million * 8
    lossless = picture_bytes.saved(picture_bytes.painting(1024, 1024), ".webp[lossless]")
    assert reckoned(lossless) > million * 8 + len(lossless)


@pytest.mark.parametrize("data", [bombs.interlaced(64, 48), bombs.scans(64, 48, 100)])
def test_the_bombs_of_these_tests_are_pictures(data: bytes) -> None:
    """Else their refusal would prove nothing."""
    with decode_turns.unshared():
        assert inspection.normalise(inspection.examine(data)).width == 64


def test_hidden_scans_are_seen_by_the_decoder() -> None:
    """What our reader once passed over, libjpeg reads: the same pixels, and many passes."""
    image: Any = picture_bytes.opened(bombs.scans(64, 48, 200, hidden=True))
    assert image.avg() == picture_bytes.opened(bombs.scans(64, 48, 200)).avg()
