"""Each call leaves a line in the log and its numbers with Prometheus."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from accounts.models import Circuit, Organization, User
from saas.database import tenancy
from saas.text import money
from studio.engine import caretaker, worker
from studio.models import Ticket
from studio.providers import metering
from tests.studio.engine.test_worker import submit, up, work
from tests.support.fake_provider import Upstream, completed, error, partial, pictures, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]

LABELS = {"model": "gpt-image-2", "kind": "generate", "size": "1mp", "quality": "low"}


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def charged(org: Organization) -> str:
    with tenancy.tenant(org.pk):
        return money.exact(sum(org.ledger.values_list("micros", flat=True)))


def calls_of(run: Any) -> list[Any]:
    with capture_logs() as lines:
        work()
    return [line for line in lines if line["event"] == "call"]


def test_a_picture_is_counted_with_its_times_and_tokens(acme: Organization, alice: User, up: Upstream) -> None:
    before = {
        "first": value("darkroom_call_first_partial_seconds_count", **LABELS),
        "whole": value("darkroom_call_seconds_count", **LABELS, outcome="succeeded"),
        "out": value("darkroom_call_tokens_total", model="gpt-image-2", kind="generate", direction="output"),
    }

    def slow(exchange: Any) -> None:
        exchange.begin()
        exchange.wait(0.2)
        exchange.frame(partial(0, png()))
        exchange.wait(0.2)
        exchange.frame(completed(png()))

    up.script = slow
    run = submit(acme, alice)
    (line,) = calls_of(run)
    assert line["outcome"] == "succeeded"
    assert (line["size"], line["quality"], line["n"], line["tried"]) == ("1024x1024", "low", 1, 1)
    assert (line["input_tokens"], line["output_tokens"]) == (12, 296)
    assert (line["run"], line["model"], line["cost"]) == (str(run.code), "gpt-image-2", charged(acme))
    assert line["provider_request_id"] == "req_upstream_1"
    assert 0.2 <= line["first_partial_seconds"] < line["seconds"] < 5
    assert line["seconds"] >= 0.4
    assert value("darkroom_call_first_partial_seconds_count", **LABELS) == before["first"] + 1
    assert value("darkroom_call_seconds_count", **LABELS, outcome="succeeded") == before["whole"] + 1
    out = value("darkroom_call_tokens_total", model="gpt-image-2", kind="generate", direction="output")
    assert out == before["out"] + 296


def test_a_failure_is_counted_by_its_name(acme: Organization, alice: User, up: Upstream) -> None:
    labels = {"model": "gpt-image-2", "kind": "generate", "outcome": "moderated"}
    before = value("darkroom_calls_total", **labels)
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked"))
    (line,) = calls_of(submit(acme, alice, size="1536x1024", quality="high"))
    assert (line["outcome"], line["size"], line["quality"]) == ("moderated", "1536x1024", "high")
    assert (line["first_partial_seconds"], line["cost"]) == (None, "0.00")
    assert value("darkroom_calls_total", **labels) == before + 1


def test_what_nobody_knows_has_no_cost(acme: Organization, alice: User, up: Upstream) -> None:
    def cut_off(exchange: Any) -> None:
        exchange.begin()
        exchange.frame(partial(0, png()))
        exchange.drop()

    up.script = cut_off
    (line,) = calls_of(submit(acme, alice))
    assert (line["outcome"], line["cost"]) == ("no_picture", None)


def test_neither_line_nor_labels_say_what_was_asked_or_by_whom(acme: Organization, alice: User, up: Upstream) -> None:
    (line,) = calls_of(submit(acme, alice, prompt="a secret plan"))
    assert "secret" not in str(line)
    assert "alice" not in str(line).lower()
    assert "sk-test-key" not in str(line)


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ("1024x1024", "1mp"),
        ("1536x1024", "2mp"),
        ("2048x2048", "4mp"),
        ("3840x2160", "8mp"),
        ("auto", "auto"),
        ("as you like", "auto"),
    ],
)
def test_sizes_are_few_classes(size: str, name: str) -> None:
    assert metering.size_class(size) == name


def test_a_quality_that_nobody_knows_is_no_label_of_its_own(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = pictures(completed(png(), quality="quality of a hostile provider"))
    calls_of(submit(acme, alice))
    labels = {sample.labels.get("quality") for family in REGISTRY.collect() for sample in family.samples}
    assert "quality of a hostile provider" not in labels
    assert "other" in labels


def test_the_caretaker_tells_who_waits_and_what_was_put_aside(
    acme: Organization, alice: User, up: Upstream, settings: LazySettings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "rescued" / "unread").mkdir(parents=True)
    (tmp_path / "rescued" / "unread" / "one.bin").write_bytes(b"x")
    submit(acme, alice, n=3)
    job = worker.begin()
    assert job is not None
    Circuit.objects.create(connection_id=1, opened_at="2026-01-01T00:00:00Z", open_until="2026-01-01T00:00:00Z")
    caretaker.measure()
    assert value("darkroom_slots", state="waiting") == 2
    assert value("darkroom_slots", state="running") == 1
    assert value("darkroom_circuits_open") == 1
    assert value("darkroom_rescued_files") == 1
    assert Ticket.objects.count() == 3
