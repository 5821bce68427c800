from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.catalogue import image_models
from studio.catalogue.image_models import UnknownModel
from studio.first_rows import MODELS
from studio.imaging.sizes import Size
from studio.models import ImageModel
from tests.support.catalogue_rows import TODAY, row, shipped


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    image_models.forget()
    yield
    image_models.forget()


def test_the_models_of_today_are_there_and_the_default_comes_first(db: None) -> None:
    assert image_models.at(TODAY).names == (
        "gpt-image-2",
        "gpt-image-2.5-sunburst",
        "gpt-image-2.5-flare",
        "gpt-image-2.6-sunburst",
        "gpt-image-2.6-flare",
    )
    assert image_models.at(TODAY).default.name == "gpt-image-2"


@pytest.mark.parametrize(("name", "default"), [("gpt-image-2.5-flare", "gpt-image-2.5-flare"), ("gone", "gpt-image-2")])
def test_the_operator_may_set_the_default(db: None, settings: LazySettings, name: str, default: str) -> None:
    settings.IMAGE_MODEL = name
    assert image_models.at(TODAY).default.name == default


def test_a_model_is_not_there_before_it_came_out(db: None) -> None:
    assert image_models.at(datetime(2026, 9, 7, 23, 59, tzinfo=UTC)).names == ("gpt-image-2",)
    assert len(image_models.at(datetime(2026, 9, 8, tzinfo=UTC)).models) == 3
    assert image_models.at(datetime(2026, 4, 20, tzinfo=UTC)).models == ()


def test_a_model_ends_at_its_very_moment(db: None) -> None:
    end = TODAY + timedelta(days=90)
    ImageModel.objects.filter(name="gpt-image-2.5-flare").update(available_until=end)
    assert "gpt-image-2.5-flare" in image_models.at(end - timedelta(microseconds=1)).names
    with pytest.raises(UnknownModel):
        image_models.at(end).model("gpt-image-2.5-flare")


def test_of_two_rows_of_one_model_the_one_that_began_last_counts() -> None:
    older, newer = row(n_max=10), row(n_max=4, available_from=TODAY - timedelta(days=1))
    for rows in ((older, newer), (newer, older)):
        assert image_models.pick(rows, TODAY).models == (newer,)
        assert image_models.pick(rows, TODAY - timedelta(days=2)).models == (older,)


def test_an_empty_catalogue_has_no_default() -> None:
    with pytest.raises(UnknownModel):
        _ = image_models.pick((), TODAY).default


def test_without_a_row_marked_as_default_the_first_one_is() -> None:
    assert image_models.pick((row(is_default=False),), TODAY).default.name == "gpt-image-2"


def test_asking_again_asks_the_database_once(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(50):
            image_models.at(timezone.now()).model("gpt-image-2")
    assert len(queries) == 1


def test_what_was_remembered_is_asked_again_after_some_seconds(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("studio.catalogue.image_models.time.monotonic", lambda: now)
    image_models.at(TODAY)
    ImageModel.objects.filter(name="gpt-image-2").update(n_max=4)
    now += image_models.REMEMBER_SECONDS - 0.001
    assert image_models.at(TODAY).default.n_max == 10
    now += 0.002
    assert image_models.at(TODAY).default.n_max == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"available_from": TODAY},  # a second row without an end
        {"name": "other"},  # a second default without an end
        {"name": "other", "is_default": False, "available_until": datetime(2026, 4, 21, tzinfo=UTC)},
        {"name": "other", "is_default": False, "can_edit": False},
    ],
)
def test_the_database_refuses_rows_that_contradict(db: None, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        row(**changes).save()


def test_no_model_that_stops_this_year_is_offered() -> None:
    assert not {"gpt-image-1", "gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest"} & set(shipped().names)


def test_every_row_can_be_read_and_agrees_with_itself() -> None:
    for model in shipped().models:
        presets = [preset["size"] for preset in model.size_presets]
        assert len(presets) == 8
        assert presets[0] == "auto"
        assert [model.sizes.faults(size) for size in map(Size.read, presets[1:])] == [[]] * 7
        assert model.sizes.faults(Size.read(model.auto_size)) == []
        assert model.auto_quality in model.qualities
        assert model.purpose.endswith(".")
        if model.token_bases is not None:
            assert set(model.token_bases) == set(model.qualities) - {"auto"}
            assert max(model.token_bases, key=model.token_bases.get) == model.auto_quality


def test_only_the_formulas_that_are_known_are_given() -> None:
    bases = {model.name: model.token_bases for model in shipped().models}
    assert bases["gpt-image-2"] == {"low": 16, "medium": 48, "high": 96}
    assert bases["gpt-image-2.5-flare"] == {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}
    assert bases["gpt-image-2.6-flare"] is None


def test_the_migration_refuses_a_table_that_holds_rows_already(db: None) -> None:
    migration = import_module("studio.migrations.0003_rows")

    editor = SimpleNamespace(connection=connection)
    with pytest.raises(migration.UnexpectedRows):
        migration.add_models(apps, editor)
    assert ImageModel.objects.count() == len(MODELS)
    ImageModel.objects.all().delete()
    migration.add_models(apps, editor)
    assert ImageModel.objects.count() == len(MODELS)


def test_emptying_the_tables_in_a_test_leaves_the_catalogue(transactional_db: None) -> None:
    ImageModel.objects.all().delete()  # the next test in this file to ask the database would miss them


def test_the_catalogue_is_back_after_a_test_that_emptied_the_tables(transactional_db: None) -> None:
    assert ImageModel.objects.count() == len(MODELS)
