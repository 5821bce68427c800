"""Whatever is accepted may be sent. The rules of the wire are written here a second time, from OpenAI's documents."""

import json
import re
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studio.catalogue import specs
from studio.catalogue.specs import Spec, SpecRefused
from tests.support.catalogue_rows import shipped

MODELS = shipped()
NEWER = ("gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare")


def may_be_sent(spec: Spec) -> bool:
    newer = spec.model in NEWER
    qualities = {"auto", "low", "medium", "high"} | ({"xhigh", "max"} if newer else set())
    backgrounds = {"auto", "opaque"} | ({"transparent"} if newer and spec.format != "jpeg" else set())
    return all(
        [
            spec.model in {"gpt-image-2", *NEWER},
            1 <= len(spec.prompt) <= 32_000 and spec.prompt.strip() != "" and "\0" not in spec.prompt,
            spec.prompt.encode() != b"",
            spec.size == "auto" or size_is_right(spec.size),
            spec.quality in qualities,
            spec.background in backgrounds,
            spec.format in {"png", "jpeg", "webp"},
            spec.compression is None or (0 <= spec.compression <= 100 and spec.format != "png"),
            spec.moderation in {"auto", "low"},
            type(spec.n) is int and 1 <= spec.n <= 10,
            type(spec.partial_images) is int and 0 <= spec.partial_images <= 3,
            (spec.kind, spec.api) in {("generate", "images"), ("edit", "images"), ("respond", "responses")},
            1 <= spec.references <= 16 if spec.kind == "edit" else spec.references == 0,
            not spec.mask or spec.kind == "edit",
            spec.input_fidelity is None,
        ]
    )


def size_is_right(size: str) -> bool:
    match = re.fullmatch(r"([0-9]+)x([0-9]+)", size)
    assert match is not None
    width, height = int(match[1]), int(match[2])
    return (
        f"{width}x{height}" == size
        and width % 16 == height % 16 == 0
        and max(width, height) <= 3840
        and width <= 3 * height
        and height <= 3 * width
        and 655_360 <= width * height <= 8_294_400
    )


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())


def mostly(*likely: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(likely) if len(likely) > 1 else st.just(likely[0])


sides = st.integers(1, 4000) | st.integers(1, 250).map(lambda step: step * 16)
sizes = st.builds("{}x{}".format, sides, sides) | mostly("auto", "1024x1024", "3840x2160", "1920x1080", None)
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "kind": mostly("generate", "edit", "respond", None),
    "model": mostly("gpt-image-2", *NEWER, None),
    "prompt": mostly("A pear") | st.text(max_size=40) | mostly("x" * 32_000, "x" * 32_001),
    "size": sizes,
    "quality": mostly("auto", "low", "medium", "high", "xhigh", "max", None),
    "format": mostly("png", "jpeg", "webp", None),
    "compression": st.none() | st.integers(-5, 105),
    "background": mostly("auto", "opaque", "transparent", None),
    "moderation": mostly("auto", "low", None),
    "n": st.none() | st.integers(-1, 12),
    "partial_images": st.none() | st.integers(-1, 5),
    "api": mostly("images", "responses", None),
    "references": st.none() | st.integers(-1, 18),
    "mask": st.none() | st.booleans(),
    "input_fidelity": mostly(None, None, "high"),
}


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    """A few things at a time: of a dozen at once something would always be wrong."""
    fields = draw(st.sets(st.sampled_from(sorted(LIKELY)), max_size=5))
    return {"prompt": "A pear", **{field: draw(LIKELY[field]) for field in sorted(fields)}}


@st.composite
def right(draw: st.DrawFn) -> Spec:
    """Anything that the wire takes."""
    model, image_format = draw(mostly("gpt-image-2", *NEWER)), draw(mostly("png", "jpeg", "webp"))
    newer, kind = model in NEWER, draw(mostly("generate", "edit", "respond"))
    return Spec(
        kind=kind,
        model=model,
        prompt=draw(st.text(min_size=1, max_size=40).map(lambda text: f"A {text}".replace("\0", ""))),
        size=draw(sizes.filter(lambda size: size is not None and (size == "auto" or size_is_right(size)))),
        quality=draw(mostly("auto", "low", "medium", "high", *(["xhigh", "max"] if newer else []))),
        format=image_format,
        compression=None if image_format == "png" else draw(st.none() | st.integers(0, 100)),
        background=draw(
            mostly("auto", "opaque", *(["transparent"] if newer and image_format != "jpeg" else [])),
        ),
        moderation=draw(mostly("auto", "low")),
        n=draw(st.integers(1, 10)),
        partial_images=draw(st.integers(0, 3)),
        api="responses" if kind == "respond" else "images",
        references=draw(st.integers(1, 16)) if kind == "edit" else 0,
        mask=kind == "edit" and draw(st.booleans()),
    )


def read(values: dict[str, Any], **options: bool) -> Spec | None:
    """Every refusal names its fields; nothing else is ever raised."""
    try:
        return specs.read_spec(values, models=MODELS, **options)
    except SpecRefused as refused:
        errors = refused.errors
    assert errors
    assert all(error.field in values or error.field in ("prompt", "references") for error in errors)
    assert all(error.sentence and error.code for error in errors)
    return None


@settings(max_examples=400, deadline=None)
@given(asked())
def test_whatever_is_accepted_may_be_sent(values: dict[str, Any]) -> None:
    spec = read(values)
    assert spec is None or may_be_sent(spec)


@settings(max_examples=300, deadline=None)
@given(right())
def test_whatever_may_be_sent_is_accepted(spec: Spec) -> None:
    assert may_be_sent(spec)
    assert read(spec.to_json()) == spec


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*LIKELY, "seed", ""]), anything), st.booleans())
def test_nonsense_is_refused_and_never_breaks_anything(values: dict[str, Any], from_form: bool) -> None:
    spec = read(values, from_form=from_form)
    assert spec is None or may_be_sent(spec)


@settings(max_examples=300, deadline=None)
@given(asked())
def test_what_is_read_again_is_the_same(values: dict[str, Any]) -> None:
    spec = read(values)
    assume(spec is not None)
    assert spec is not None
    stored = json.loads(json.dumps(spec.to_json()))
    assert read(stored) == spec
    assert Spec.from_json(stored) == spec


@settings(max_examples=200, deadline=None)
@given(sizes)
def test_the_size_that_is_suggested_is_accepted(size: str | None) -> None:
    try:
        specs.read_spec({"prompt": "A pear", "size": size}, models=MODELS)
    except SpecRefused as refusal:
        suggested = [error.suggestion for error in refusal.errors]
    else:
        return
    assert [read({"prompt": "A pear", "size": size}) is not None for size in suggested] == [True]
