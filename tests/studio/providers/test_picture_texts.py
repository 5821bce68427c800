"""Whatever a provider writes around a picture, its JSON is read as by any other parser; only the picture's text stays
the bytes that came."""

import json
from typing import Any

import pytest

from studio.providers import answers, picture_texts
from studio.providers.answers import Final, Partial, Reading

TEXT = "QUJD" * 100
IMAGES = {"created": 1, "data": [{"b64_json": TEXT, "revised_prompt": 'a "lamp"'}], "usage": {"input_tokens": 1}}
EVENT = {"type": "response.output_item.done", "item": {"type": "image_generation_call", "result": TEXT}}
PARTIAL = {"type": "x.partial_image", "partial_image_b64": TEXT, "partial_image_index": 2}


def plain(found: Any) -> Any:
    """Return the same with str in place of the picture's bytes."""
    return json.loads(json.dumps(found, default=lambda text: bytes(text).decode()))


def cuts(found: Any) -> int:
    if isinstance(found, memoryview):
        return 1
    return sum(map(cuts, found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()))


@pytest.mark.parametrize("said", [IMAGES, EVENT, PARTIAL])
@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : ")])
def test_the_text_of_a_picture_is_the_bytes_that_came(said: Any, separators: tuple[str, str]) -> None:
    payload = json.dumps(said, separators=separators).encode()
    cut = picture_texts.cut(payload)
    assert len(cut.rest) < len(payload) - len(TEXT) + 100, "nothing was cut out"
    found = cut.load()
    assert plain(found) == said
    assert cuts(found) == 1


ODD = {
    "no picture": b'{"data": [], "created": 1}',
    "an empty picture": b'{"b64_json": ""}',
    "no text": b'{"b64_json": 7, "result": null}',
    "escapes": b'{"b64_json": "QUJD\\/\\u0041=="}',
    "the key twice": b'{"b64_json": "QUJD", "b64_json": "REVG"}',
    "the key in a text": rb'{"prompt": "say \"b64_json\": \"now\"", "b64_json": "QUJD"}',
    "the key as a text": b'{"kind": "b64_json", "result": "QUJD"}',
    "the end of another key": rb'{"no \"b64_json": "QUJD"}',
    "two pictures": b'{"data": [{"b64_json": "QUJD"}, {"b64_json": "REVG"}]}',
    "half a character": b'{"b64_json": "QUJD", "revised_prompt": "\\ud83d"}',
    "a list": b'[{"b64_json": "QUJD"}]',
    "too deep": b'{"a":' * 12 + b'{"b64_json": "QUJD"}' + b"}" * 12,
}


@pytest.mark.parametrize("payload", ODD.values(), ids=ODD.keys())
def test_odd_json_is_read_as_by_any_other_parser(payload: bytes) -> None:
    assert plain(picture_texts.cut(payload).load()) == json.loads(payload)


@pytest.mark.parametrize("payload", [b'{"b64_json": "QUJD', b'{"b64_json": "QUJD"', b'{"b64_json": "QUJD"}}', b"\xff"])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        picture_texts.cut(payload).load()


def frames_of(text: str) -> list[Final | Partial]:
    said = json.dumps({"data": [{"b64_json": text}]}).encode()
    return list(answers._frames_of_body(answers._object(said, Reading()), Reading()))


def test_a_picture_keeps_its_text_if_another_program_may_read_it() -> None:
    (final,) = frames_of(TEXT)
    assert final.data == b"ABC" * 100
    assert bytes(final.text or b"") == TEXT.encode()
    assert final.base64 is final.text


def test_a_picture_with_padding_that_not_all_programs_accept_is_written_again() -> None:
    (final,) = frames_of("QUJD=")
    assert final.text is None
    assert final.base64 == b"QUJD"


def test_the_text_of_a_large_picture_does_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SMALL_BYTES", len(TEXT) - 1)
    (final,) = frames_of(TEXT)
    assert final.text is None
    assert final.base64 == TEXT.encode()
