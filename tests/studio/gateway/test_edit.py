"""The official SDK edits: by form, by JSON, by what was given before."""

import base64
import io

import httpx2
import openai
import pytest
import pyvips
from openai.types import ImagesResponse

from tests.embedded.instance import Instance
from tests.support.picture_bytes import difference, opened, plain, saved

SIZE = (1024, 640)


def photo(shift: int = 0, form: str = "png") -> bytes:
    return plain(f".{form}", SIZE[0] + 16 * shift, SIZE[1])


def mask() -> bytes:
    """The right half may change."""
    across, _ = pyvips.Image.xyz(*SIZE).bandsplit()
    alpha = (across < SIZE[0] // 2).ifthenelse(255, 0)
    black = pyvips.Image.black(*SIZE, bands=3)
    return saved(black.bandjoin(alpha).cast("uchar").copy(interpretation="srgb"), ".png")


def picture(answer: ImagesResponse) -> pyvips.Image:
    assert answer.data is not None
    assert answer.data[0].b64_json is not None
    return opened(base64.b64decode(answer.data[0].b64_json))


def edit(client: openai.OpenAI, **more: object) -> ImagesResponse:
    asked = {"model": "gpt-image-2", "prompt": "at night", "size": "1024x640", "quality": "low", **more}
    answer = client.images.edit(**asked)  # type: ignore[call-overload]  # asked is any
    assert isinstance(answer, ImagesResponse)
    return answer


@pytest.mark.parametrize("count", [1, 2, 16])
def test_edits_take_one_picture_and_up_to_sixteen(client: openai.OpenAI, count: int) -> None:
    images = [(f"photo-{index}.png", photo(index), "image/png") for index in range(count)]
    answer = edit(client, image=images[0] if count == 1 else images)
    assert (picture(answer).width, picture(answer).height) == SIZE
    assert answer.usage is not None
    assert answer.usage.input_tokens_details.image_tokens > 400 * count


def test_bytes_without_a_name_are_read_by_what_they_are(client: openai.OpenAI) -> None:
    answer = edit(client, image=photo(form="webp"), mask=mask())
    assert (picture(answer).width, picture(answer).height) == SIZE


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_every_format_comes_as_it_was_asked_for(client: openai.OpenAI, form: str) -> None:
    compression = {} if form == "png" else {"output_compression": 60}
    answer = edit(client, image=("a.png", photo(), "image/png"), output_format=form, n=2, **compression)
    assert answer.data is not None
    found = [base64.b64decode(image.b64_json or "") for image in answer.data]
    starts = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
    assert [data.startswith(starts[form]) for data in found] == [True, True]
    assert answer.output_format == form


def test_a_mask_keeps_what_it_covers(client: openai.OpenAI) -> None:
    answer = edit(client, image=("a.png", photo(), "image/png"), mask=("m.png", mask(), "image/png"))
    made, given = picture(answer), opened(photo())
    assert difference(made.crop(0, 0, 500, 640), given.crop(0, 0, 500, 640)) == 0
    assert difference(made.crop(524, 0, 500, 640), given.crop(524, 0, 500, 640)) > 1


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_stream_of_an_edit_has_events_of_its_own(client: openai.OpenAI, count: int) -> None:
    image = io.BytesIO(photo(form="jpg"))
    image.name = "photo.jpg"
    with client.images.edit(
        model="gpt-image-2", prompt="at night", image=image, quality="low", stream=True, partial_images=count
    ) as stream:
        kinds = [event.type for event in stream]
    assert kinds == ["image_edit.partial_image"] * count + ["image_edit.completed"]


def test_json_takes_data_urls_and_files_given_before(client: openai.OpenAI) -> None:
    given = client.files.create(file=("cat.webp", photo(form="webp"), "image/webp"), purpose="vision")
    assert client.files.retrieve(given.id).filename == "cat.webp"
    url = f"data:image/png;base64,{base64.b64encode(photo()).decode()}"
    body = {
        "model": "gpt-image-2",
        "prompt": "at night",
        "quality": "low",
        "moderation": "low",
        "images": [{"file_id": given.id}, {"image_url": url}],
        "user": None,
    }
    answer = client.post("/images/edits", body=body, cast_to=ImagesResponse)
    assert (picture(answer).width, picture(answer).height) == SIZE


def refusal(client: openai.OpenAI, **more: object) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as refused:
        edit(client, **more)
    return refused.value


def test_what_openai_refuses_is_refused_alike(client: openai.OpenAI) -> None:
    image = ("a.png", photo(), "image/png")
    nameless = refusal(client, image=b"no picture")
    assert (nameless.status_code, nameless.code) == (400, "unsupported_file_mimetype")
    no_picture = refusal(client, image=("a.png", b"\x89PNG\r\n\x1a\nno", "image/png"))
    assert (no_picture.status_code, no_picture.code, no_picture.param) == (400, "invalid_image_file", "image")
    other_size = refusal(client, image=[("b.png", photo(1), "image/png")], mask=("m.png", mask(), "image/png"))
    assert (other_size.code, other_size.param) == ("invalid_image_file", "mask")
    too_many = refusal(client, image=[image] * 17)
    assert (too_many.code, too_many.param) == ("array_above_max_length", "image")
    assert refusal(client, image=[]).code == "missing_required_parameter"


def test_a_mask_given_before_belongs_to_its_picture(client: openai.OpenAI, darkroom: Instance) -> None:
    headers = {"Authorization": f"Bearer {client.api_key}"}

    def give(data: bytes, **more: str) -> str:
        found = httpx2.post(
            f"{darkroom.url}/api/v1/inputs", files={"file": ("a.png", data)}, data=more, headers=headers
        )
        return str(found.json()["id"])

    first, other = give(photo()), give(photo(1))
    hole = give(mask(), mask_of=first)

    def body(picture: str) -> dict[str, object]:
        return {
            "prompt": "at night",
            "quality": "low",
            "images": [{"file_id": f"file-{picture.replace('-', '')}"}],
            "mask": {"file_id": f"file-{hole.replace('-', '')}"},
        }

    with pytest.raises(openai.APIStatusError) as refused:
        client.post("/images/edits", body=body(other), cast_to=object)
    assert (refused.value.code, refused.value.param) == ("invalid_image_file", "mask")
    fitting = client.post("/images/edits", body=body(first), cast_to=ImagesResponse)
    assert (picture(fitting).width, picture(fitting).height) == SIZE


@pytest.mark.parametrize(
    ("images", "code", "status"),
    [
        ([{"image_url": "https://127.0.0.1/a.png"}], "invalid_image_url", 400),
        ([{"image_url": "http://example.com/a.png"}], "invalid_image_url", 400),
        ([{"image_url": "https://metadata.google.internal/a.png"}], "invalid_image_url", 400),
        ([{"image_url": "file:///etc/passwd"}], "invalid_image_url", 400),
        ([{"image_url": "data:image/png;base64,@@"}], "invalid_base64_image", 400),
        ([{"image_url": "data:text/html;base64,AA=="}], "unsupported_file_mimetype", 400),
        ([{"image_url": "data:image/png;base64,AAAA"}], "invalid_image_file", 400),
        ([{"file_id": "file-00000000000000000000000000000000"}], "file_not_found", 404),
        ([{"file_id": "nothing"}], "file_not_found", 404),
        ([{"file_id": "a", "image_url": "b"}], "invalid_value", 400),
        ([{"href": "a"}], "unknown_parameter", 400),
        (["https://example.com/a.png"], "invalid_type", 400),
        ([], "invalid_type", 400),
        (None, "missing_required_parameter", 400),
    ],
)
def test_links_are_not_believed(client: openai.OpenAI, images: object, code: str, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.post("/images/edits", body={"prompt": "at night", "images": images}, cast_to=object)
    assert (refused.value.status_code, refused.value.code) == (status, code)
