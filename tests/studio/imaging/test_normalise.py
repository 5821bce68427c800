"""What goes to a provider: upright, 8-bit RGB(A) in sRGB, whole, and silent about its past."""

import os
import zlib
from typing import Any

import pytest
import pyvips

from studio.imaging import inspection
from studio.imaging.inspection import Normalised, UploadRefused, examine, normalise
from tests.support import picture_bytes
from tests.support.picture_bytes import difference, opened, painting, plain, saved

pytestmark = pytest.mark.usefixtures("unshared")

FORMS = [".png", ".jpg", ".webp"]
every_form = pytest.mark.parametrize("form", FORMS)


def sent(data: bytes) -> Normalised:
    return normalise(examine(data))


def refused(data: bytes) -> UploadRefused:
    with pytest.raises(UploadRefused) as refusal:
        sent(data)
    return refusal.value


def is_ordinary(normalised: Normalised) -> bool:
    image = opened(normalised.data)
    fields = {name for name in image.get_fields() if name.startswith(("exif", "icc", "xmp", "iptc"))}
    return (
        image.format == "uchar"
        and image.interpretation == "srgb"
        and image.bands in (3, 4)
        and not fields
        and (image.width, image.height) == (normalised.width, normalised.height)
        and examine(normalised.data).mime == normalised.mime
    )


@every_form
def test_a_picture_without_a_word_is_sent_as_it_is(form: str) -> None:
    data = plain(form)
    assert sent(data).data is data
    assert sent(data).mime == examine(data).mime


@every_form
def test_words_go_and_pixels_stay(form: str) -> None:
    data = picture_bytes.talkative(form)
    assert picture_bytes.SECRET in data
    normalised = sent(data)
    assert picture_bytes.pixels(normalised.data) == picture_bytes.pixels(plain(form))
    assert not [word for word in picture_bytes.CAMERA_WORDS if word in normalised.data]
    assert is_ordinary(normalised)
    assert b"PK" not in normalised.data[-60:]


def test_a_webp_no_longer_promises_what_was_taken_out() -> None:
    data = picture_bytes.talkative(".webp")
    assert data[20] == 0x0C  # EXIF and XMP
    assert sent(data).data[20] == 0


@every_form
def test_what_is_sent_has_nothing_left_to_be_done(form: str) -> None:
    for data in (picture_bytes.talkative(form), picture_bytes.turned(form, 6)):
        once = sent(data)
        assert sent(once.data).data is once.data


@pytest.mark.parametrize("form", [".png", ".webp"])
def test_transparency_survives(form: str) -> None:
    data = saved(painting(bands=4), f"{form}[keep=all]")
    normalised = sent(data)
    assert picture_bytes.pixels(normalised.data) == picture_bytes.pixels(data)
    assert opened(normalised.data).bands == 4


# -- Which side is up -----------------------------------------------------------------------------


@every_form
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_picture_stands_upright(form: str, orientation: int) -> None:
    normalised = sent(picture_bytes.turned(form, orientation))
    stored = opened(plain(form)).copy()
    stored.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    upright = stored.autorot()
    assert (normalised.width, normalised.height) == (upright.width, upright.height)
    assert difference(opened(normalised.data), upright) < 3
    assert is_ordinary(normalised)
    assert picture_bytes.SECRET not in normalised.data


def test_a_large_turned_picture_stands_upright_too() -> None:
    """Its lines are needed in another order than they are decoded in."""
    data = picture_bytes.png_with(plain(".png", 300, 3000), picture_bytes.chunk(b"eXIf", picture_bytes.exif(6)))
    assert picture_bytes.pixels(sent(data).data) == opened(plain(".png", 300, 3000)).rot90().write_to_memory()


def test_a_turned_png_loses_nothing() -> None:
    normalised = sent(picture_bytes.turned(".png", 3))
    assert picture_bytes.pixels(normalised.data) == opened(plain(".png")).rot180().write_to_memory()


# -- Colours --------------------------------------------------------------------------------------


def check(image: Any, form: str, *, tolerance: float, mime: str) -> None:
    """Whatever it is stored as, it looks like the painting."""
    normalised = sent(saved(image, form))
    expected = painting() if opened(normalised.data).bands == 3 else painting(bands=4)
    assert difference(opened(normalised.data), expected) < tolerance
    assert normalised.mime == mime
    assert is_ordinary(normalised)


@pytest.mark.parametrize("form", [".png", ".jpg", ".webp"])
def test_colours_of_a_wide_profile_become_srgb(form: str) -> None:
    wide = painting().icc_transform("p3", input_profile="srgb")
    mime = "image/png" if form == ".png" else "image/jpeg"
    check(wide, f"{form}[Q=95]", tolerance=4, mime=mime)
    assert difference(wide, painting()) > 8  # left as they were, they would be wrong


def test_sixteen_bits_become_eight() -> None:
    check(painting().colourspace("rgb16"), ".png", tolerance=1, mime="image/png")
    check(painting(bands=4).colourspace("rgb16"), ".png", tolerance=1, mime="image/png")


def test_sixteen_bits_with_a_profile_and_transparency_become_eight() -> None:
    wide = painting(bands=4).colourspace("rgb16").icc_transform("p3", input_profile="srgb", depth=16)
    check(wide, ".png", tolerance=2, mime="image/png")


def test_a_palette_becomes_colours() -> None:
    data = saved(painting(), ".png[palette]")
    assert examine(data).header.mode == "palette"
    check(painting(), ".png[palette]", tolerance=6, mime="image/png")


@pytest.mark.parametrize("form", [".jpg[Q=95]", ".jpg[Q=95,keep=none]"])
def test_cmyk_becomes_rgb_with_a_profile_or_without(form: str) -> None:
    inks = painting().icc_transform("cmyk", input_profile="srgb")
    assert examine(saved(inks, form)).header.mode == "cmyk"
    normalised = sent(saved(inks, form))
    back = inks.icc_transform("srgb", input_profile="cmyk")
    assert difference(opened(normalised.data), back) < 4
    assert difference(opened(normalised.data), 255 - back) > 40  # Adobe stores inks upside down
    assert normalised.mime == "image/jpeg"
    assert is_ordinary(normalised)


@pytest.mark.parametrize("form", [".png", ".jpg"])
def test_grey_becomes_rgb(form: str) -> None:
    grey = painting().colourspace("b-w")
    normalised = sent(saved(grey, form))
    red, green, blue = opened(normalised.data).bandsplit()
    assert difference(red, grey) < 12
    assert difference(red, green) < 3
    assert difference(red, blue) < 3
    assert is_ordinary(normalised)


def test_grey_of_sixteen_bits_with_transparency_becomes_rgba() -> None:
    grey = painting(bands=4).colourspace("grey16")
    assert (grey.bands, grey.format) == (2, "ushort")
    assert is_ordinary(sent(saved(grey, ".png")))
    assert opened(sent(saved(grey, ".png")).data).bands == 4


@pytest.mark.parametrize(
    ("depth", "line", "expected"),
    [
        (1, b"\xf0", b"\xff" * 12 + b"\0" * 12),
        (2, b"\xff\x55", b"\xff" * 12 + b"\x55" * 12),
        (4, b"\xff\xff\x88\x88", b"\xff" * 12 + b"\x88" * 12),
    ],
)
def test_grey_of_few_bits_becomes_rgb(depth: int, line: bytes, expected: bytes) -> None:
    packed = zlib.compress((b"\0" + line) * 8)
    assert (
        picture_bytes.pixels(sent(picture_bytes.png(8, 8, depth=depth, colour=0, packed=packed)).data) == expected * 8
    )


def test_a_colour_that_counts_as_transparent_becomes_transparency() -> None:
    keyed = picture_bytes.png(8, 8, picture_bytes.chunk(b"tRNS", bytes(6)))
    normalised = sent(keyed)
    assert b"tRNS" not in normalised.data
    assert picture_bytes.pixels(normalised.data) == bytes(8 * 8 * 4)
    assert is_ordinary(normalised)


@pytest.mark.parametrize("profile", [b"nonsense", bytes(200), b"x" * 5000])
def test_a_profile_that_makes_no_sense_is_passed_over(profile: bytes) -> None:
    data = picture_bytes.jpeg_with(plain(".jpg"), picture_bytes.segment(0xE2, b"ICC_PROFILE\0\1\1" + profile))
    assert examine(data).header.has_foreign_colours
    normalised = sent(data)
    assert difference(opened(normalised.data), painting()) < 4
    assert is_ordinary(normalised)


# -- Damage and polyglots -------------------------------------------------------------------------


def test_a_png_whose_pixels_end_too_early_is_refused() -> None:
    whole = zlib.compress(os.urandom(200 * 601))
    assert refused(picture_bytes.png(200, 200, packed=whole[: len(whole) // 2])).code == "corrupt"
    assert refused(picture_bytes.png(200, 200, packed=b"\xff" * 2000)).code == "corrupt"


def test_a_png_whose_checksum_is_wrong_is_refused() -> None:
    data = bytearray(plain(".png"))
    data[data.index(b"IDAT") + 20] ^= 1
    assert refused(bytes(data)).code == "corrupt"


def test_a_jpeg_that_stops_in_the_middle_but_says_its_end_is_refused() -> None:
    data = plain(".jpg", 600, 400)
    assert refused(data[: len(data) // 2] + b"\xff\xd9").code == "corrupt"


def test_a_webp_whose_pixels_are_noise_is_refused() -> None:
    data = picture_bytes.webp(picture_bytes.riff_chunk(b"VP8L", plain_lossless()[20:25] + b"\xff" * 300))
    assert refused(data).code == "corrupt"


def plain_lossless() -> bytes:
    return saved(painting(), ".webp[lossless,keep=none]")


@every_form
@pytest.mark.parametrize("behind", [b"PK\3\4" + picture_bytes.SECRET, b"<script>alert(1)</script>", b"%PDF-1.4", b"\0"])
def test_a_file_hung_on_behind_a_picture_is_cut_away(form: str, behind: bytes) -> None:
    assert sent(plain(form) + behind).data == plain(form)


def test_a_second_picture_behind_the_first_is_cut_away() -> None:
    """As phones do it for brightness maps and moving photos."""
    assert sent(plain(".jpg") + plain(".jpg")).data == plain(".jpg")


def test_a_file_that_two_readers_see_differently_is_refused() -> None:
    """The structure says 60 by 40; were the decoder to see another picture, its limits would not have been checked."""
    picture = examine(plain(".png"))
    other = inspection.Picture(plain(".png", 64, 40), picture.header)
    with pytest.raises(UploadRefused) as refusal:
        normalise(other)
    assert refusal.value.code == "corrupt"


def test_other_loaders_are_switched_off() -> None:
    for data in (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
        b"GIF89a" + bytes(20),
        b"P6 1 1 255 abc",
    ):
        with pytest.raises(pyvips.Error, match="not in a known format"):
            pyvips.Image.new_from_buffer(data, "")
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.gifload_buffer(b"GIF89a")


def test_a_rework_that_would_be_too_large_becomes_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(painting(300, 200).colourspace("rgb16"), ".png")
    picture = examine(data)
    monkeypatch.setattr(inspection, "UPLOAD_LIMIT_BYTES", 10_000)
    normalised = normalise(picture)
    assert normalised.mime == "image/webp"
    assert len(normalised.data) <= 10_000
    assert difference(opened(normalised.data), painting(300, 200)) < 4
