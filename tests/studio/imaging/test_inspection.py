"""What a file is, by its structure, in milliseconds."""

import struct
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.imaging import inspection
from studio.imaging.containers import exif, png
from studio.imaging.inspection import UploadRefused, examine
from tests.support import picture_bytes

pytestmark = pytest.mark.usefixtures("unshared")

FORMS = [".png", ".jpg", ".webp"]
FORMATS = {".png": "png", ".jpg": "jpeg", ".webp": "webp"}
every_form = pytest.mark.parametrize("form", FORMS)


def refused(data: bytes) -> UploadRefused:
    with pytest.raises(UploadRefused) as refusal:
        examine(data)
    assert refusal.value.sentence.endswith(".")
    return refusal.value


def milliseconds(data: bytes) -> float:
    """The processor's own, the best of three: other programs run on this machine too."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        with pytest.raises(UploadRefused):
            examine(data)
        taken.append(time.process_time() - began)
    return min(taken) * 1000


@every_form
def test_a_picture_is_known_by_its_bytes(form: str) -> None:
    picture = examine(picture_bytes.plain(form))
    assert (picture.format, picture.mime) == (FORMATS[form], f"image/{FORMATS[form]}")
    assert (picture.width, picture.height, picture.has_alpha, picture.orientation) == (60, 40, False, 1)
    assert picture.data == picture_bytes.plain(form)


@pytest.mark.parametrize("form", [".png", ".webp", ".webp[lossless]"])
def test_transparency_is_seen(form: str) -> None:
    assert examine(picture_bytes.saved(picture_bytes.painting(bands=4), form)).has_alpha
    assert not examine(picture_bytes.saved(picture_bytes.painting(), form)).has_alpha


def test_a_colour_that_counts_as_transparent_is_seen() -> None:
    assert examine(picture_bytes.png(4, 4, picture_bytes.chunk(b"tRNS", bytes(6)))).has_alpha


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<svg onload="alert(1)">', "an SVG"),
        (b"GIF89a" + bytes(20), "a GIF"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "a HEIC"),
        (b"\0\0\0\x18ftypmif1" + bytes(20), "a HEIC"),
        (b"\0\0\0\x1cftypavif" + bytes(20), "an AVIF"),
        (b"\0\0\0\x18ftypisom" + bytes(20), "a video"),
        (b"II*\0" + bytes(20), "a TIFF"),
        (b"MM\0*" + bytes(20), "a TIFF"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(20), "a BMP"),
        (b"8BPS" + bytes(20), "a Photoshop"),
        (b"PK\3\4" + bytes(20), "a ZIP"),
        (b"<!doctype html><script>", "a web page"),
        (b"RIFF\x20\0\0\0WAVEfmt ", "not a picture"),
        (b"\x89PNG\r\n", "not a picture"),
        (b"\xff\xd8", "not a picture"),
        (b"hello", "not a picture"),
        (b"\0", "not a picture"),
    ],
)
def test_what_is_no_png_jpeg_or_webp_is_called_by_its_name(data: bytes, words: str) -> None:
    refusal = refused(data)
    assert refusal.code == "unsupported_format"
    assert words in refusal.sentence
    assert "PNG, JPEG or WebP" in refusal.sentence


def test_an_empty_file_is_refused() -> None:
    assert refused(b"").code == "empty"


def test_bytes_are_counted_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture_bytes.plain(".png")
    monkeypatch.setattr(inspection, "UPLOAD_LIMIT_BYTES", len(data))
    assert examine(data).format == "png"
    assert refused(data + b"\0").code == "too_big"
    assert refused(bytes(len(data) + 1)).code == "too_big"


def test_the_limit_is_fifty_megabytes() -> None:
    assert refused(bytes(50_000_001)).sentence == "This file is larger than 50 MB."


# -- Bombs ----------------------------------------------------------------------------------------

TEN_KILOBYTES = b"\0" * 10_000
FRAME = struct.pack(">BHHB", 8, 22_000, 32_000, 3) + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
BOMBS = {
    "png": picture_bytes.png(25_000, 20_000, colour=6, packed=TEN_KILOBYTES),
    "png that fits the pixel limit": picture_bytes.png(8_000, 8_000, colour=6, packed=TEN_KILOBYTES),
    "jpeg": b"\xff\xd8"
    + picture_bytes.segment(0xC0, FRAME)
    + picture_bytes.segment(0xDA, b"\3" + bytes(9))
    + TEN_KILOBYTES
    + b"\xff\xd9",
    "jpeg that fits the pixel limit": b"\xff\xd8"
    + picture_bytes.segment(0xC0, struct.pack(">BHHB", 8, 8000, 8000, 3) + FRAME[6:])
    + picture_bytes.segment(0xDA, b"\3" + bytes(9))
    + TEN_KILOBYTES
    + b"\xff\xd9",
    "webp": picture_bytes.webp(
        picture_bytes.riff_chunk(b"VP8L", b"\x2f" + ((16_383 << 14) | 16_383).to_bytes(4, "little") + TEN_KILOBYTES)
    ),
    "webp canvas": picture_bytes.webp(picture_bytes.extended(1 << 24, 1 << 24, 0), picture_bytes.plain(".webp")[12:]),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_declares_gigabytes_is_refused_in_milliseconds(bomb: str) -> None:
    assert len(BOMBS[bomb]) < 11_000
    assert refused(BOMBS[bomb]).code in ("too_many_pixels", "corrupt")
    assert milliseconds(BOMBS[bomb]) < 10


def test_sixty_seven_million_pixels_are_the_most() -> None:
    packed = bytes(600_000)
    assert examine(picture_bytes.png(8192, 8192, packed=packed)).width == 8192
    assert refused(picture_bytes.png(8193, 8192, packed=packed)).code == "too_many_pixels"
    assert refused(picture_bytes.png(1, 8192 * 8192 + 1, packed=packed)).code == "too_many_pixels"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 5_000_000,
        picture_bytes.plain(".jpg")[:-2] + b"\xff" * 5_000_000,
        picture_bytes.plain(".jpg")[:-2] + b"\xff\0" * 2_500_000,
        b"\xff\xd8" + picture_bytes.segment(0xFE, b"") * 500_000,
        b"\xff\xd8" + picture_bytes.segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) * 700,
        picture_bytes.png(8, 8)[:33] + picture_bytes.chunk(b"teXt") * 400_000,
        picture_bytes.png(8, 8)[:33] + picture_bytes.chunk(b"IDAT") * 400_000,
        picture_bytes.webp(picture_bytes.riff_chunk(b"XMP ", b"") * 600_000),
    ],
    ids=["padding", "padding in the scan", "stuffing", "comments", "profiles", "texts", "nothing", "riff"],
)
def test_no_filling_makes_reading_slow(data: bytes) -> None:
    assert milliseconds(data) < 1000


def test_a_profile_is_not_unpacked_without_end() -> None:
    packed = b"x\0\0" + zlib.compress(bytes(40_000_000), 9)
    assert len(packed) < 50_000
    assert len(png.unpacked_profile(packed)) == 4_000_000


# -- Moving pictures ------------------------------------------------------------------------------


def test_a_moving_png_is_refused() -> None:
    moving = picture_bytes.png(8, 8, picture_bytes.chunk(b"acTL", struct.pack(">LL", 2, 0)))
    assert refused(moving).code == "animated"


def test_a_moving_webp_is_refused() -> None:
    frame = picture_bytes.riff_chunk(b"ANMF", bytes(16) + picture_bytes.plain(".webp")[12:])
    moving = picture_bytes.webp(
        picture_bytes.extended(60, 40, 0x02), picture_bytes.riff_chunk(b"ANIM", bytes(6)), frame
    )
    assert refused(moving).code == "animated"
    without_flag = picture_bytes.webp(
        picture_bytes.extended(60, 40, 0), picture_bytes.riff_chunk(b"ANIM", bytes(6)), frame
    )
    assert refused(without_flag).code == "animated"


# -- Which side is up -----------------------------------------------------------------------------


@every_form
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_was_held_another_way(form: str, order: str, orientation: int) -> None:
    picture = examine(picture_bytes.turned(form, orientation, order))
    assert picture.orientation == orientation
    assert (picture.width, picture.height) == ((40, 60) if orientation >= 5 else (60, 40))


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int) -> None:
    assert examine(picture_bytes.turned(".jpg", orientation)).orientation == 1


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b"II*\0", b"MM\0*", b"Exif\0\0II*\0", b"MM\0*\0\0\0\x08"]))
def test_nonsense_in_exif_is_upright_or_a_turn(noise: bytes, start: bytes) -> None:
    assert exif.orientation(start + noise) in range(1, 9)


# -- Damage ---------------------------------------------------------------------------------------


@every_form
def test_a_file_cut_off_anywhere_is_refused(form: str) -> None:
    whole = picture_bytes.talkative(form)
    whole = whole[: whole.index(b"PK\3\4")]
    assert examine(whole).width == 60
    codes = [refused(whole[:length]).code for length in range(1, len(whole))]
    assert set(codes[:11]) <= {"unsupported_format", "truncated"}
    assert set(codes[11:]) == {"truncated"}


@pytest.mark.parametrize(
    "data",
    [
        picture_bytes.png(0, 8, packed=b"x"),
        picture_bytes.png(8, 0, packed=b"x"),
        picture_bytes.png(8, 8, depth=3),
        picture_bytes.png(8, 8, packed=b""),
        picture_bytes.png(8, 8, picture_bytes.chunk(b"CgBI", bytes(4))),
        picture_bytes.png(8, 8)[:8] + picture_bytes.chunk(b"IEND"),
        picture_bytes.png(8, 8)[:8] + picture_bytes.chunk(b"IHDR", b"x") + picture_bytes.chunk(b"IEND"),
        picture_bytes.webp(),
        picture_bytes.webp(picture_bytes.extended(60, 41, 0), picture_bytes.plain(".webp")[12:]),
        picture_bytes.webp(picture_bytes.riff_chunk(b"VP8 ", b"x")),
        picture_bytes.webp(picture_bytes.riff_chunk(b"VP8L", b"x")),
        picture_bytes.webp(picture_bytes.riff_chunk(b"VP8X", b"")),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\1",
        picture_bytes.jpeg_with(picture_bytes.plain(".jpg"), picture_bytes.segment(0xC0, FRAME)),
        picture_bytes.jpeg_with(picture_bytes.plain(".jpg"), b"\xff\xd8\xff\xd8"),
    ],
)
def test_a_structure_that_makes_no_sense_is_damage(data: bytes) -> None:
    assert refused(data).code == "corrupt"


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC9, 0xCA, 0xCF])
def test_an_unusual_jpeg_is_refused_as_such(marker: int) -> None:
    data = picture_bytes.plain(".jpg").replace(b"\xff\xc0", bytes([0xFF, marker]), 1)
    assert refused(data).code == "unsupported_format"


def test_a_jpeg_of_twelve_bits_is_refused_as_unusual() -> None:
    data = picture_bytes.plain(".jpg").replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0c", 1)
    assert refused(data).code == "unsupported_format"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FORMS), st.data())
def test_whatever_is_changed_in_a_file_only_a_refusal_comes_out(form: str, data: st.DataObject) -> None:
    changed = bytearray(picture_bytes.talkative(form))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(changed) - 1, 200)))
        changed[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=4))
    with suppress(UploadRefused):
        inspection.normalise(examine(bytes(changed)))
