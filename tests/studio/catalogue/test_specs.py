"""What is asked becomes a spec, or all of its faults at once."""

import json
from typing import Any

import pytest

from studio.catalogue import image_models, specs
from studio.catalogue.specs import Fault, Spec, SpecRefused
from tests.support.catalogue_rows import TODAY, row, shipped

MODELS = shipped()


def read(*, from_form: bool = False, **asked: Any) -> Spec:
    return specs.read_spec({"prompt": "A pear", **asked}, models=MODELS, from_form=from_form)


def refused(*, from_form: bool = False, **asked: Any) -> list[Fault]:
    with pytest.raises(SpecRefused) as refusal:
        read(from_form=from_form, **asked)
    return refusal.value.errors


def only(errors: list[Fault]) -> Fault:
    assert len(errors) == 1, errors
    return errors[0]


def test_a_prompt_alone_is_enough() -> None:
    assert read() == Spec(
        kind="generate",
        model="gpt-image-2",
        prompt="A pear",
        size="auto",
        quality="auto",
        format="png",
        compression=None,
        background="auto",
        moderation="auto",
        n=1,
        partial_images=0,
        api="images",
        references=0,
        mask=False,
        input_fidelity=None,
    )


def test_everything_that_can_be_asked_is_kept() -> None:
    asked = {
        "kind": "edit",
        "model": "gpt-image-2.6-flare",
        "prompt": "  A pear,\n\tand its shadow  ",
        "size": "2048x1152",
        "quality": "xhigh",
        "format": "webp",
        "compression": 0,
        "background": "transparent",
        "moderation": "low",
        "n": 10,
        "partial_images": 3,
        "api": "images",
        "references": 16,
        "mask": True,
        "input_fidelity": None,
        "keep_rest": True,
        "feather": 64,
    }
    assert specs.read_spec(asked, models=MODELS).to_json() == asked


def test_null_means_not_given() -> None:
    nothing = dict.fromkeys(Spec.__dataclass_fields__)
    assert specs.read_spec({**nothing, "prompt": "A pear"}, models=MODELS) == read()
    assert only(refused(prompt=None)).code == "required"


def test_a_spec_survives_being_stored() -> None:
    spec = read(kind="edit", references=2, mask=True, format="jpeg", compression=80)
    stored = json.loads(json.dumps(spec.to_json()))
    assert Spec.from_json(stored) == spec
    assert specs.read_spec(stored, models=MODELS) == spec
    assert Spec.from_json({**stored, "of_another_version": 1}) == spec


def test_all_faults_are_told_at_once_in_the_order_of_the_form() -> None:
    errors = refused(
        prompt=" ",
        model="gpt-image-2",
        size="1920x1080",
        quality="max",
        format="gif",
        compression=101,
        background="transparent",
        moderation="high",
        n=11,
        partial_images=4,
        references=17,
        input_fidelity="high",
        seed=7,
    )
    assert [(error.field, error.code, error.suggestion) for error in errors] == [
        ("prompt", "required", None),
        ("size", "invalid_value", "1920x1088"),
        ("quality", "invalid_value", "high"),
        ("format", "invalid_value", None),
        ("compression", "out_of_range", "100"),
        ("background", "unsupported", "opaque"),
        ("moderation", "invalid_value", None),
        ("n", "out_of_range", "10"),
        ("partial_images", "out_of_range", "3"),
        ("references", "out_of_range", None),
        ("input_fidelity", "unsupported", None),
        ("seed", "unknown_parameter", None),
    ]
    assert all(error.sentence.endswith((".", "?")) for error in errors)


# -- Prompt ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt", ["", " ", "\n\t ", "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}\N{WORD JOINER}", "\0"]
)
def test_a_prompt_of_nothing_visible_is_asked_for(prompt: str) -> None:
    error = only(refused(prompt=prompt))
    assert (error.field, error.code) == ("prompt", "required")


@pytest.mark.parametrize("letter", ["a", "é", "字", "\N{GRINNING FACE}"])
def test_characters_are_counted_not_bytes(letter: str) -> None:
    assert read(prompt=letter * 32_000).prompt == letter * 32_000
    error = only(refused(prompt=letter * 32_001))
    assert (error.field, error.code) == ("prompt", "too_long")
    assert "32,001" in error.sentence


@pytest.mark.parametrize("prompt", ["a\0b", "a\ud83d", "\udc00b"])
def test_what_neither_the_database_nor_the_wire_can_carry_is_refused(prompt: str) -> None:
    error = only(refused(prompt=prompt))
    assert (error.field, error.code) == ("prompt", "invalid_value")


def test_a_browsers_line_ends_count_once() -> None:
    assert read(from_form=True, prompt="a\r\nb").prompt == "a\nb"
    assert read(prompt="a\r\nb").prompt == "a\r\nb"


# -- Size -----------------------------------------------------------------------------------------


def test_the_presets_are_accepted_by_every_model_that_offers_them() -> None:
    for model in MODELS.models:
        for preset in model.size_presets:
            assert read(model=model.name, size=preset["size"]).size == preset["size"]


@pytest.mark.parametrize(
    "size",
    [
        "",
        "big",
        "1024",
        "1024\N{MULTIPLICATION SIGN}1024",
        "1024X1024",
        " 1024x1024",
        "1024x1024\n",
        "01024x1024",
        "1024x",
        "-1024x1024",
        "1e3x1024",
        "\u0661\u0660\u0662\u0664x1024",
        "0x0",
        "9" * 5000 + "x16",
    ],
)
def test_a_program_has_to_write_a_size_as_the_wire_does(size: str) -> None:
    error = only(refused(size=size))
    assert (error.field, error.code, error.suggestion) == ("size", "invalid_value", "1024x1024")
    assert len(error.sentence) < 120


@pytest.mark.parametrize("size", ["1536\N{MULTIPLICATION SIGN}1024", "1536 x 1024", "1536X1024", " 1536*1024 "])
def test_a_person_may_write_a_size_in_their_own_way(size: str) -> None:
    assert read(from_form=True, size=size).size == "1536x1024"


def test_a_size_that_cannot_be_made_names_every_rule_and_the_nearest_size() -> None:
    assert only(refused(size="1920x1080")).sentence == (
        "“1920x1080” cannot be made: both sides must be divisible by 16. The nearest size is 1920x1088."
    )
    error = only(refused(size="999999999x10"))
    assert error.suggestion == "3840x1280"
    assert error.sentence.count(",") >= 3


def test_auto_is_refused_where_the_model_has_no_automatic_size() -> None:
    rule = {"kind": "fixed", "sizes": ["1024x1024"], "allows_auto": False}
    models = image_models.pick((row(size_rule=rule),), TODAY)
    with pytest.raises(SpecRefused) as refusal:
        specs.read_spec({"prompt": "A pear", "size": "auto"}, models=models)
    assert only(refusal.value.errors).field == "size"


# -- Quality, format, compression, background, moderation ------------------------------------------


def test_qualities_belong_to_the_model() -> None:
    assert read(model="gpt-image-2.5-flare", quality="xhigh").quality == "xhigh"
    error = only(refused(quality="xhigh"))
    assert error.sentence == "GPT Image 2 has no quality “xhigh”. Choose auto, low, medium or high."
    assert error.suggestion == "high"
    assert only(refused(quality="hd")).suggestion == "high"
    assert only(refused(quality="standard")).suggestion == "medium"


def test_a_common_spelling_of_a_format_is_set_right() -> None:
    assert only(refused(format="jpg")).suggestion == "jpeg"
    assert only(refused(format="svg")).code == "invalid_value"


@pytest.mark.parametrize("image_format", ["jpeg", "webp"])
@pytest.mark.parametrize("compression", [0, 1, 100])
def test_jpeg_and_webp_can_be_compressed(image_format: str, compression: int) -> None:
    assert read(format=image_format, compression=compression).compression == compression


@pytest.mark.parametrize("asked", [{"format": "png"}, {}])
def test_png_cannot_be_compressed(asked: dict[str, Any]) -> None:
    error = only(refused(compression=80, **asked))
    assert (error.field, error.code) == ("compression", "unsupported")


@pytest.mark.parametrize("compression", [-1, 101, 10**30])
def test_compression_stays_between_nothing_and_a_hundred(compression: int) -> None:
    assert only(refused(format="webp", compression=compression)).code == "out_of_range"


def test_a_transparent_background_is_refused_with_the_reason_and_who_can() -> None:
    error = only(refused(background="transparent"))
    assert (error.field, error.code, error.suggestion) == ("background", "unsupported", "opaque")
    assert "30 September 2026" in error.sentence
    assert "GPT Image 2.5 Flare" in error.sentence


def test_a_transparent_background_needs_a_format_that_keeps_it() -> None:
    flare = "gpt-image-2.5-flare"
    assert read(model=flare, background="transparent", format="webp").background == "transparent"
    error = only(refused(model=flare, background="transparent", format="jpeg"))
    assert (error.field, error.code) == ("background", "unsupported")
    assert "PNG or WebP" in error.sentence


def test_input_fidelity_is_never_taken_for_the_default_model() -> None:
    for value in ("high", "low", "auto", 1):
        error = only(refused(references=1, input_fidelity=value))
        assert (error.field, error.code) == ("input_fidelity", "unsupported")


def test_input_fidelity_is_taken_where_a_row_allows_it_and_there_are_references() -> None:
    models = image_models.pick((row(input_fidelities=["high", "low"]),), TODAY)
    asked = {"prompt": "A pear", "input_fidelity": "high"}
    assert specs.read_spec({**asked, "references": 1}, models=models).input_fidelity == "high"
    with pytest.raises(SpecRefused) as refusal:
        specs.read_spec(asked, models=models)
    assert only(refusal.value.errors).field == "input_fidelity"


# -- Model ----------------------------------------------------------------------------------------


def test_an_unknown_model_is_named_and_the_rules_of_the_meant_one_find_the_rest() -> None:
    errors = refused(model="gpt-image-2.5-flair", background="transparent", n=0)
    assert [(error.field, error.suggestion) for error in errors] == [("model", "gpt-image-2.5-flare"), ("n", "1")]
    assert only(refused(model="dall-e-3")).suggestion == "gpt-image-2"


def test_a_model_that_has_not_come_out_yet_is_unknown() -> None:
    models = image_models.pick(MODELS.models, row("gpt-image-2.5-flare").available_from)
    with pytest.raises(SpecRefused) as refusal:
        specs.read_spec({"prompt": "A pear", "model": "gpt-image-2.6-flare"}, models=models)
    assert only(refusal.value.errors).code == "unknown_model"


def test_an_empty_catalogue_is_said() -> None:
    with pytest.raises(SpecRefused, match="No model is available"):
        specs.read_spec({"prompt": "A pear"}, models=image_models.pick((), TODAY))


def test_a_model_that_cannot_stream_makes_no_partial_images() -> None:
    models = image_models.pick((row(can_stream=False),), TODAY)
    assert specs.read_spec({"prompt": "A pear", "partial_images": 0}, models=models).partial_images == 0
    with pytest.raises(SpecRefused) as refusal:
        specs.read_spec({"prompt": "A pear", "partial_images": 1}, models=models)
    assert only(refusal.value.errors).code == "unsupported"


# -- Types and names ------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["n", "partial_images", "compression", "references"])
@pytest.mark.parametrize("value", ["2", 2.0, True, [2], {}, "zwei"])
def test_a_program_gives_numbers_as_numbers(field: str, value: Any) -> None:
    assert ("invalid_type", field) in {(error.code, error.field) for error in refused(format="webp", **{field: value})}


@pytest.mark.parametrize(
    "field", ["prompt", "model", "size", "quality", "format", "background", "moderation", "kind", "api"]
)
@pytest.mark.parametrize("value", [5, True, ["auto"], {"a": 1}])
def test_a_program_gives_text_as_text(field: str, value: Any) -> None:
    assert only(refused(**{field: value})).code == "invalid_type"


@pytest.mark.parametrize("value", [1, "on", [], 0])
def test_a_program_says_true_or_false(value: Any) -> None:
    assert only(refused(references=1, mask=value)).code == "invalid_type"


def test_a_form_gives_everything_as_text() -> None:
    spec = read(
        from_form=True,
        format="webp",
        compression="85",
        n=" 4 ",
        partial_images="03",
        references="2",
        mask="on",
        size="",
        quality="",
        input_fidelity="",
    )
    assert (spec.compression, spec.n, spec.partial_images, spec.references, spec.mask) == (85, 4, 3, 2, True)
    assert (spec.size, spec.quality) == ("auto", "auto")


@pytest.mark.parametrize("value", ["2.0", "1e1", "٤", "+4", "four", "9" * 400, "--1"])
def test_a_form_still_gives_whole_numbers(value: str) -> None:
    assert only(refused(from_form=True, n=value)).code == "invalid_type"


def test_unknown_parameters_are_named_with_what_was_probably_meant() -> None:
    errors = refused(output_format="png", thinking="high", Quality="high")
    assert [(error.field, error.code, error.suggestion) for error in errors] == [
        ("output_format", "unknown_parameter", "format"),
        ("thinking", "unknown_parameter", None),
        ("Quality", "unknown_parameter", "quality"),
    ]
    assert errors[0].sentence == "There is no parameter “output_format”. Did you mean “format”?"


def test_a_flood_of_unknown_parameters_is_answered_briefly() -> None:
    flood: dict[str, Any] = {f"x{number:05}" + "y" * 500: 1 for number in range(20_000)}
    errors = refused(**flood)
    assert len(errors) == 11
    assert errors[-1].sentence == "And 19990 more unknown parameters."
    assert max(len(error.field) for error in errors) == 80


def test_control_characters_are_not_said_again() -> None:
    assert "\x1b" not in only(refused(quality="\x1b[31m")).sentence
    assert len(only(refused(quality="x" * 10_000)).sentence) < 150
