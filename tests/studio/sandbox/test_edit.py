import base64
import io
from typing import Any

import httpx2
import openai
import pytest
import pyvips
from openai import OpenAI
from openai.types import ImagesResponse

from tests.studio.sandbox.calling import SMALLEST, distance, image, picture, told

SIZED = {**SMALLEST, "size": "1024x1024"}
PNG = "image/png"


def edit(client: OpenAI, pictures: Any, prompt: str = "make it night", **more: Any) -> ImagesResponse:
    answered = client.images.edit(image=pictures, prompt=prompt, **{**SIZED, **more})
    assert isinstance(answered, ImagesResponse)
    return answered


def refused(client: OpenAI, pictures: Any, **more: Any) -> tuple[int, str, str | None, str | None, str]:
    with pytest.raises(openai.APIStatusError) as caught:
        edit(client, pictures, **more)
    return told(caught.value)


def flat(width: int = 1024, height: int = 1024, *, bands: int = 3) -> pyvips.Image:
    return (pyvips.Image.black(width, height, bands=bands) + 180).cast("uchar").copy(interpretation="srgb")


def mask(width: int = 1024, height: int = 1024) -> bytes:
    """Redraw the right half."""
    alpha = pyvips.Image.black(width // 2, height).invert().join(pyvips.Image.black(width // 2, height), "horizontal")
    return bytes(flat(width, height).bandjoin(alpha.cast("uchar")).pngsave_buffer())


def correlation(one: pyvips.Image, other: pyvips.Image) -> float:
    """Of their lightness: 1 is the same drawing, 0 has nothing to do with it."""
    greys = [picture.colourspace("b-w")[0].cast("float") for picture in (one, other)]
    first, second = (grey - grey.avg() for grey in greys)
    return float((first * second).avg() / (first.deviate() * second.deviate()))


def test_an_edit_keeps_the_drawing_and_changes_the_colours(client: OpenAI, photo: bytes) -> None:
    before = image(base64.b64encode(photo).decode())
    after = picture(edit(client, ("photo.png", photo, PNG)))
    assert distance(before, after) > 12
    assert correlation(before, after) > 0.5
    assert distance(after, picture(edit(client, ("photo.png", photo, PNG), "make it winter, blue"))) > 12


def test_outside_the_mask_every_pixel_stays(client: OpenAI, photo: bytes) -> None:
    before = image(base64.b64encode(photo).decode())
    after = picture(edit(client, [("photo.png", photo, PNG)], "a red balloon", mask=("mask.png", mask(), PNG)))
    left, right = (0, 0, 512, 1024), (512, 0, 512, 1024)
    assert distance(before.crop(*left), after.crop(*left)) == 0
    assert distance(before.crop(*right), after.crop(*right)) > 10


def test_an_edit_streams_partials_that_respect_the_mask(client: OpenAI, photo: bytes) -> None:
    stream = client.images.edit(
        image=("photo.png", photo, PNG), prompt="a red balloon", mask=("mask.png", mask(), PNG), stream=True,
        partial_images=2, **SIZED,
    )  # fmt: skip
    received = list(stream)
    assert [event.type for event in received] == [*["image_edit.partial_image"] * 2, "image_edit.completed"]
    before = image(base64.b64encode(photo).decode())
    after = [image(event.b64_json) for event in received]
    for shown in after:
        assert distance(before.crop(0, 0, 512, 1024), shown.crop(0, 0, 512, 1024)) == 0
    distances = [distance(shown, after[-1]) for shown in after]
    assert distances[0] > distances[1] > 0


def test_further_references_are_seen(client: OpenAI, photo: bytes) -> None:
    red = bytes(flat(256, 256).linear([0, 0, 0], [255, 0, 0], uchar=True).jpegsave_buffer())
    alone = picture(edit(client, [("photo.png", photo, PNG)]))
    pair = picture(edit(client, [("photo.png", photo, PNG), ("red.jpg", red, "image/jpeg")]))
    reds = (pair[0] > 225) & (pair[1] < 40) & (pair[2] < 40)
    assert distance(alone, pair) > 2
    assert reds.avg() / 255 > 0.02


def test_auto_keeps_the_size_of_the_picture(client: OpenAI, photo: bytes) -> None:
    odd = bytes(flat(700, 500).pngsave_buffer())
    assert edit(client, ("photo.png", photo, PNG), size="auto").size == "1024x1024"
    width, height = (int(edge) for edge in (edit(client, ("odd.png", odd, PNG), size="auto").size or "").split("x"))
    assert width % 16 == height % 16 == 0
    assert abs(width / height - 1.4) < 0.05


def test_given_pictures_are_counted(client: OpenAI, photo: bytes) -> None:
    wide = bytes(flat(1536, 1024).pngsave_buffer())
    one = edit(client, ("photo.png", photo, PNG)).usage
    two = edit(client, [("photo.png", photo, PNG), ("wide.png", wide, PNG)]).usage
    assert one is not None
    assert two is not None
    assert one.input_tokens_details.image_tokens == 1024
    assert two.input_tokens_details.image_tokens == 1024 + 1536


def test_nameless_bytes_are_refused_in_the_apis_words(client: OpenAI, photo: bytes) -> None:
    _, _, code, param, message = refused(client, photo)
    assert (code, param) == ("unsupported_file_mimetype", "image")
    assert message == (
        "Invalid file 'image': unsupported mimetype ('application/octet-stream'). "
        "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
    )


def test_two_parts_of_one_name_are_refused(sandbox_url: str, photo: bytes) -> None:
    part = ("image", ("a.png", photo, PNG))
    answered = httpx2.post(
        f"{sandbox_url}/images/edits",
        data={**SIZED, "prompt": "x"},
        files=[part, part],
        headers={"Authorization": "Bearer sk"},
    )
    assert answered.status_code == 400
    assert answered.json()["error"]["code"] == "duplicate_parameter"
    assert "use the array syntax instead e.g. 'image[]=<value>'" in answered.json()["error"]["message"]


@pytest.mark.parametrize("name", ["cmyk.jpg", "palette.png", "text.png", "torn.png", "torn.jpg", "svg.png"])
def test_files_that_are_no_good_are_refused(client: OpenAI, photo: bytes, name: str) -> None:
    files = {
        "cmyk.jpg": bytes(
            (pyvips.Image.black(64, 64, bands=4)).cast("uchar").copy(interpretation="cmyk").jpegsave_buffer()
        ),
        "palette.png": bytes(flat(64, 64).pngsave_buffer(palette=True)),
        "text.png": b"no picture at all",
        "torn.png": photo[: len(photo) // 2],
        "torn.jpg": bytes(flat().jpegsave_buffer())[:-4000],
        "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>',
    }
    kind = "image/jpeg" if name.endswith("jpg") else PNG
    status, _, code, param, _ = refused(client, (name, files[name], kind))
    assert (status, code, param) == (400, "invalid_image_file", "image")


def test_a_mask_has_rules(client: OpenAI, photo: bytes) -> None:
    cases = {
        "no alpha": bytes(flat().pngsave_buffer()),
        "another size": mask(512, 512),
        "no PNG": bytes(flat(bands=4).webpsave_buffer()),
        "4 MB": mask() + b"\0" * (4 * 1024 * 1024),
    }
    for name, data in cases.items():
        outcome = refused(client, ("photo.png", photo, PNG), mask=("mask.png", data, PNG))
        assert (outcome[0], outcome[2], outcome[3]) == (400, "invalid_image_file", "mask"), name


def test_sixteen_pictures_are_the_most(client: OpenAI) -> None:
    small = bytes(flat(64, 64).pngsave_buffer())
    assert edit(client, [("a.png", small, PNG)] * 16).data
    assert refused(client, [("a.png", small, PNG)] * 17)[2] == "array_above_max_length"
    assert refused(client, [])[2] == "missing_required_parameter"


def test_input_fidelity_is_refused(client: OpenAI, photo: bytes) -> None:
    assert refused(client, ("photo.png", photo, PNG), input_fidelity="high")[2] == "invalid_input_fidelity_model"
    assert refused(client, ("photo.png", photo, PNG), n=2, stream=True)[2] == "unsupported_parameter"


def test_a_named_stream_of_bytes_will_do(client: OpenAI, photo: bytes) -> None:
    named = io.BytesIO(photo)
    named.name = "photo.png"
    assert edit(client, named).data


def url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def json_edit(client: OpenAI, **body: Any) -> ImagesResponse:
    return client.post("/images/edits", body={**SIZED, "prompt": "make it night", **body}, cast_to=ImagesResponse)


def test_json_edits_paint_the_same(client: OpenAI, photo: bytes) -> None:
    by_form = picture(edit(client, ("photo.png", photo, PNG)))
    by_json = picture(json_edit(client, images=[{"image_url": url(photo)}], moderation="low"))
    assert distance(by_form, by_json) == 0


@pytest.mark.parametrize(
    ("images", "code", "param"),
    [
        ([{"file_id": "file-1"}], "image_file_not_found", "images[0].file_id"),
        ([{"image_url": "https://example.com/a.png"}], "invalid_image_url", "images[0].image_url"),
        ([{"image_url": "data:image/png;base64,???"}], "invalid_base64_image", "images[0].image_url"),
        ([{"image_url": "x", "file_id": "y"}], "invalid_value", "images[0]"),
        ([{"type": "input_image"}], "unknown_parameter", "images[0].type"),
        (["x"], "invalid_type", "images[0]"),
        ([], "invalid_type", "images"),
        (None, "missing_required_parameter", "images"),
    ],
)
def test_links_have_rules(client: OpenAI, images: Any, code: str, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        json_edit(client, images=images)
    assert told(caught.value)[2:4] == (code, param)
