"""Small pictures of large ones."""

import random

import pytest
import pyvips
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.imaging import previews
from studio.imaging.previews import Unreadable, measure, preview, preview_and_thumbnail, thumbnail
from tests.support import picture_bytes
from tests.support.picture_bytes import difference, opened, painting, plain

pytestmark = pytest.mark.usefixtures("unshared")

FORMS = [".png", ".jpg", ".webp"]
every_form = pytest.mark.parametrize("form", FORMS)


def noise(width: int, height: int, bands: int = 3) -> bytes:
    """The hardest there is: every pixel a surprise."""
    grains = random.Random(width * height).randbytes(width * height * bands)  # noqa: S311  grain, not a secret
    image = pyvips.Image.new_from_memory(grains, width, height, bands, "uchar").copy(interpretation="srgb")
    return picture_bytes.saved(image, ".png[compression=0]")


@pytest.mark.parametrize(("form", "name"), [(".png", "png"), (".jpg", "jpeg"), (".webp", "webp")])
def test_a_picture_is_measured_by_its_head(form: str, name: str) -> None:
    assert measure(plain(form)) == (name, 60, 40)


@every_form
def test_a_preview_fits_into_its_edge_and_keeps_the_proportions(form: str) -> None:
    assert measure(preview(plain(form, 1600, 1200))) == ("webp", 640, 480)
    assert measure(preview(plain(form, 1200, 1600))) == ("webp", 480, 640)
    assert measure(preview(plain(form, 1200, 1600), max_edge=100)) == ("webp", 75, 100)


@every_form
def test_a_preview_looks_like_the_picture(form: str) -> None:
    small = opened(preview(plain(form, 1600, 1200)))
    assert difference(small, painting(640, 480)) < 4


def test_a_small_picture_is_not_blown_up() -> None:
    assert measure(preview(plain(".png"))) == ("webp", 60, 40)
    assert measure(thumbnail(plain(".png"))) == ("webp", 60, 40)


@pytest.mark.parametrize("limit_bytes", [48_000, 20_000, 5_000, 1_000])
def test_noise_is_made_to_fit(limit_bytes: int) -> None:
    small = preview(noise(1024, 1024), limit_bytes=limit_bytes)
    assert len(small) <= limit_bytes
    assert measure(small).width >= 64


def test_transparent_noise_is_made_to_fit() -> None:
    assert len(preview(noise(1024, 1024, bands=4))) <= 48_000


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 1200), st.integers(1, 1200), st.sampled_from([3, 4]), st.integers(2_000, 60_000))
@example(545, 565, 4, 2_000)
@example(640, 640, 4, 1_000)
def test_a_preview_is_never_above_the_limit(width: int, height: int, bands: int, limit_bytes: int) -> None:
    small = preview(noise(width, height, bands), limit_bytes=limit_bytes)
    assert len(small) <= limit_bytes
    assert max(measure(small)[1:]) <= 640


@pytest.mark.parametrize(("width", "height"), [(4000, 1), (1, 4000)])
def test_a_line_has_a_preview_too(width: int, height: int) -> None:
    assert max(measure(preview(noise(width, height), limit_bytes=150))[1:]) <= 640
    assert max(measure(thumbnail(noise(width, height)))[1:]) == 320


def test_a_limit_that_nothing_fits_is_said() -> None:
    with pytest.raises(Unreadable):
        preview(noise(1024, 1024), limit_bytes=10)


def test_transparency_stays_in_a_preview() -> None:
    assert opened(preview(plain(".png", 900, 600, 4))).hasalpha()


def test_a_preview_of_other_colours_is_in_srgb() -> None:
    wide = painting(900, 600).icc_transform("p3", input_profile="srgb")
    small = opened(preview(picture_bytes.saved(wide, ".png")))
    assert "icc-profile-data" not in small.get_fields()
    assert difference(small, painting(640, 427)) < 4


def test_a_preview_of_sixteen_bits_is_like_any_other() -> None:
    small = opened(preview(picture_bytes.saved(painting(900, 600).colourspace("rgb16"), ".png")))
    assert difference(small, painting(640, 427)) < 4


def test_a_preview_stands_upright() -> None:
    assert measure(preview(picture_bytes.turned(".jpg", 6))) == ("webp", 40, 60)


@every_form
def test_a_preview_says_nothing_about_its_past(form: str) -> None:
    for small in (preview(picture_bytes.talkative(form)), thumbnail(picture_bytes.talkative(form))):
        assert not [word for word in picture_bytes.CAMERA_WORDS if word in small]


def test_a_thumbnail_is_smaller() -> None:
    data = plain(".png", 1536, 1024)
    assert measure(thumbnail(data)) == ("webp", 320, 213)
    assert measure(thumbnail(data, max_edge=64)).width == 64


def test_both_come_of_one_decoding() -> None:
    large, small = preview_and_thumbnail(noise(1536, 1024))
    assert measure(large)[1] <= 640
    assert len(large) <= 48_000
    assert measure(small) in {("webp", 320, 213), ("webp", 320, 214)}
    assert preview_and_thumbnail(plain(".png"))[1] == thumbnail(plain(".png"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg/>",
        plain(".png")[:500],
        picture_bytes.png(100_000, 100_000, packed=bytes(10_000)),
        picture_bytes.webp(picture_bytes.riff_chunk(b"VP8L", b"\x2f" + b"\xff\xff\xff\x0f" + bytes(100))),
        picture_bytes.png(64, 64, packed=b"\xff" * 100),
    ],
)
def test_what_is_no_picture_has_no_preview(data: bytes) -> None:
    for make in (preview, thumbnail, preview_and_thumbnail):
        with pytest.raises(Unreadable) as unreadable:
            make(data)
        assert str(unreadable.value).endswith(".")


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    enormous = picture_bytes.webp(picture_bytes.riff_chunk(b"VP8L", b"\x2f" + b"\xff\xff\xff\x0f" + bytes(100)))
    for make in (measure, preview, thumbnail, preview_and_thumbnail):
        with pytest.raises(Unreadable, match="16384 by 16384 pixels"):
            make(enormous)


def test_the_bytes_are_left_alone() -> None:
    data = picture_bytes.talkative(".png")
    before = bytes(bytearray(data))
    previews.preview_and_thumbnail(data)
    assert data == before
