"""Generate, edit, respond: which pictures and which API go with which."""

from typing import Any

import pytest

from studio.catalogue import image_models, specs
from studio.catalogue.specs import Spec, SpecRefused
from studio.models import ImageModel
from tests.support.catalogue_rows import TODAY, row


def read(*models: ImageModel, **asked: Any) -> Spec:
    return specs.read_spec({"prompt": "A pear", **asked}, models=image_models.pick(models or (row(),), TODAY))


def faults(*models: ImageModel, **asked: Any) -> list[tuple[str, str]]:
    with pytest.raises(SpecRefused) as refusal:
        read(*models, **asked)
    return [(error.field, error.code) for error in refusal.value.errors]


@pytest.mark.parametrize(
    ("asked", "kind", "api"),
    [
        ({}, "generate", "images"),
        ({"api": "images"}, "generate", "images"),
        ({"references": 1}, "edit", "images"),
        ({"api": "responses"}, "respond", "responses"),
        ({"kind": "respond"}, "respond", "responses"),
        ({"kind": "edit", "references": 16, "api": "images"}, "edit", "images"),
    ],
)
def test_what_is_not_said_follows_from_the_rest(asked: dict[str, Any], kind: str, api: str) -> None:
    spec = read(**asked)
    assert (spec.kind, spec.api) == (kind, api)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"kind": "edit"}, [("references", "required")]),
        ({"kind": "edit", "mask": True}, [("mask", "unsupported"), ("references", "required")]),
        ({"kind": "edit", "references": 17}, [("references", "out_of_range")]),
        ({"references": -1}, [("references", "out_of_range")]),
        ({"kind": "generate", "references": 1}, [("references", "unsupported")]),
        ({"kind": "respond", "references": 1}, [("references", "unsupported")]),
        ({"mask": True}, [("mask", "unsupported")]),
        ({"kind": "respond", "api": "images"}, [("api", "unsupported")]),
        ({"kind": "generate", "api": "responses"}, [("api", "unsupported")]),
        ({"references": 1, "api": "responses"}, [("api", "unsupported")]),
        ({"api": "batch"}, [("api", "invalid_value")]),
        ({"kind": "paint"}, [("kind", "invalid_value")]),
        ({"kind": "paint", "api": "batch", "references": 1}, [("kind", "invalid_value")]),
    ],
)
def test_what_does_not_go_together_is_refused(asked: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert sorted(faults(**asked)) == sorted(expected)


def test_a_model_that_cannot_edit_is_not_asked_to() -> None:
    model = row(can_edit=False, can_mask=False, references_max=0)
    assert faults(model, references=1) == [("kind", "unsupported")]
    assert read(model).kind == "generate"


def test_a_model_that_takes_no_mask_edits_without_one() -> None:
    model = row(can_mask=False)
    assert faults(model, references=1, mask=True) == [("mask", "unsupported")]
    assert read(model, references=1).kind == "edit"


def test_a_model_outside_the_responses_api_is_not_asked_there() -> None:
    model = row(can_respond=False)
    assert faults(model, kind="respond") == [("kind", "unsupported")]


def test_a_model_may_take_fewer_references() -> None:
    model = row(references_max=4)
    assert read(model, references=4).references == 4
    assert faults(model, references=5) == [("references", "out_of_range")]


def test_a_masked_edit_keeps_everything_else_unless_told_otherwise() -> None:
    masked = {"references": 1, "mask": True}
    assert (read(**masked).keep_rest, read(**masked).feather) == (True, 16)
    assert (read(**masked, feather=0).keep_rest, read(**masked, feather=0).feather) == (True, 0)
    off = read(**masked, keep_rest=False, feather=40)
    assert (off.keep_rest, off.feather) == (False, 0)


def test_without_a_mask_there_is_nothing_else_to_keep() -> None:
    assert (read().keep_rest, read().feather) == (False, 0)
    assert faults(references=1, keep_rest=True) == [("keep_rest", "unsupported")]


def test_a_feather_has_its_bounds() -> None:
    for feather in (-1, 65):
        assert faults(references=1, mask=True, feather=feather) == [("feather", "out_of_range")]
