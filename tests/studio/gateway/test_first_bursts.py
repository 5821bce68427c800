"""Thirty calls at once by the official SDK, which tries nothing again: with a new key, by a new member, over midnight
and over the end of a month. Each is answered by a picture or by the limit, and PostgreSQL ends no deadlock."""

import json
import os
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openai
import pytest

from tests.embedded.instance import ROOT, Instance, manage, running_darkroom
from tests.embedded.prepared import copied
from tests.support.fake_provider import Upstream

AT_ONCE, FIT = 30, 20
BEFORE_THE_TURN = timedelta(milliseconds=300)
SHIFTED = """
import datetime, os, pathlib
import django.utils.timezone as clock

really, offset = clock.now, pathlib.Path(os.environ["CLOCK_OFFSET"])
clock.now = lambda: really() + datetime.timedelta(seconds=float(offset.read_text()))
"""
PEOPLE = """
import json
from accounts import api_keys
from accounts.limits import rules as limits
from accounts.models import Membership, Quota, Role, Scope, Subject, User
from saas.database import tenancy

owner = User.objects.get(email="demo@darkroom.invalid")
with tenancy.person(owner.pk):
    boss = Membership.objects.select_related("org", "user").get(user=owner, org__slug="upstream")
org, keys = boss.org, {}
with tenancy.tenant(org.pk):
    for name, subject, limit in PLAN:
        user, _ = User.objects.get_or_create(email=f"{name}@example.com", defaults={"name": name})
        member, _ = Membership.objects.get_or_create(org=org, user=user, defaults={"role": Role.MEMBER})
        key, token = api_keys.make(org=org, by=member, name=subject, scopes=[Scope.GENERATE])
        keys.setdefault(name, []).append(token)
        if limit:
            whose = {"api_key": key} if subject == "key" else {"user": user}
            quota = Quota(org=org, subject=Subject(subject), **whose)
            limits.change(org=org, by=boss, quota=quota, values={limit: FIT})
print(json.dumps(keys))
"""
PLAN = [
    ("ann", "member", ""),
    ("ann", "key", "images_day"),
    ("ben", "member", "images_month"),
    ("cora", "member", "images_day"),
    ("dan", "member", "images_month"),
]
COUNTED = """
import json
from accounts.models import Counter, Organization
from saas.database import tenancy

with tenancy.operator():
    org = Organization.objects.get(slug="upstream")
with tenancy.tenant(org.pk):
    print(json.dumps([[c.spent_images, c.held_images, c.allowed_images] for c in Counter.objects.all()]))
"""


@dataclass
class Clock:
    """The instance's own, for all that Python asks."""

    file: Path

    def set(self, moment: datetime) -> None:
        self._write((moment - datetime.now(UTC)).total_seconds())

    def _write(self, seconds: float) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    folder = tmp_path_factory.mktemp("clock")
    (folder / "sitecustomize.py").write_text(SHIFTED)
    (folder / "offset").write_text("0")
    return Clock(folder / "offset")


@pytest.fixture(scope="module")
def darkroom(
    up: Upstream, clock: Clock, demo_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    data = copied(demo_data, tmp_path_factory.mktemp("bursts"))
    paths, offset = f"{clock.file.parent}{os.pathsep}{ROOT}", str(clock.file)
    with running_darkroom(data, PROVIDER_ALLOWED_HOSTS=up.host, PYTHONPATH=paths, CLOCK_OFFSET=offset) as instance:
        yield instance


@pytest.fixture(scope="module")
def keys(darkroom: Instance, up: Upstream) -> dict[str, list[str]]:
    upstream = Path(__file__).with_name("point_at_upstream.py").read_text().replace("UPSTREAM", up.url)
    people = PEOPLE.replace("PLAN", repr(PLAN)).replace("FIT", str(FIT))
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("PROVIDER_ALLOWED_HOSTS", up.host)
        found: dict[str, list[str]] = json.loads(
            manage(darkroom.folder.root, "shell", "--no-imports", "-c", upstream + people).splitlines()[-1]
        )
    return found


def burst(darkroom: Instance, token: str, count: int = AT_ONCE) -> Tally[str]:
    together = threading.Barrier(count)

    with openai.OpenAI(api_key=token, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=300) as client:

        def one(number: int) -> str:
            together.wait(60)
            try:
                client.images.generate(prompt=f"a lamp, {number}", quality="low", size="1024x1024")
            except openai.RateLimitError as refusal:
                return str(refusal.code)
            except openai.OpenAIError as error:
                return repr(error)
            return "made"

        with ThreadPoolExecutor(count) as pool:
            return Tally(pool.map(one, range(count)))


def nothing_broke(darkroom: Instance) -> list[list[int | None]]:
    """Return spent, held and allowed pictures of all counters."""
    assert "deadlock detected" not in darkroom.folder.postgres_log.read_text()
    assert "OperationalError" not in darkroom.log.read_text()
    assert "Everything agrees" in manage(darkroom.folder.root, "reconcile")
    found: list[list[int | None]] = json.loads(
        manage(darkroom.folder.root, "shell", "--no-imports", "-c", COUNTED).splitlines()[-1]
    )
    for spent, held, allowed in found:
        assert held == 0
        assert allowed is None or (spent or 0) <= allowed
    return found


def test_the_first_burst_of_a_new_key(darkroom: Instance, keys: dict[str, list[str]]) -> None:
    known, new = keys["ann"]
    assert burst(darkroom, known, 1) == {"made": 1}
    assert burst(darkroom, new) == {"made": FIT, "key_images_day": AT_ONCE - FIT}
    nothing_broke(darkroom)


def test_the_first_burst_of_a_new_member(darkroom: Instance, keys: dict[str, list[str]]) -> None:
    assert burst(darkroom, keys["ben"][0]) == {"made": FIT, "member_images_month": AT_ONCE - FIT}
    nothing_broke(darkroom)


@pytest.mark.parametrize(
    ("name", "limit", "turn"),
    [
        ("cora", "member_images_day", datetime(2026, 12, 15, tzinfo=UTC)),
        ("dan", "member_images_month", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
    ids=["midnight", "end of the month"],
)
def test_a_burst_over_the_turn_of_a_period(
    name: str, limit: str, turn: datetime, darkroom: Instance, clock: Clock, keys: dict[str, list[str]]
) -> None:
    """How many came before the turn is chance; both sides have a limit of their own."""
    (token,) = keys[name]
    clock.set(turn - timedelta(hours=1))
    assert burst(darkroom, token, 1) == {"made": 1}
    clock.set(turn - BEFORE_THE_TURN)
    answers = burst(darkroom, token)
    assert answers.keys() <= {"made", limit}
    assert answers.total() == AT_ONCE
    assert answers["made"] >= FIT - 1
    nothing_broke(darkroom)
