"""What one tenant does slowly, on purpose, costs another one nearly nothing."""

import concurrent.futures
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied
from tests.scaled.people import Person
from tests.storm.neighbours import PASSWORD, Neighbours, seeded
from tests.storm.slow import Dripping, dripping
from tests.support.fake_provider import Exchange, Upstream, upstream

# What happens in calm takes tenths of a second; on a busy machine a few seconds. A hang takes a minute and more.
SOON_SECONDS = 20.0


@dataclass
class Storm:
    darkroom: Instance
    who: Neighbours
    slow: Dripping
    ear: Upstream

    def mallory(self, number: int = 0) -> httpx2.Client:
        return self._client(self.who["mallory"][number])

    def ann(self) -> httpx2.Client:
        return self._client(self.who["ann"])

    def _client(self, key: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.darkroom.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


@contextmanager
def storm(data: Path, *, organizations: int, hooks: int = 0) -> Iterator[Storm]:
    def hear(exchange: Exchange) -> None:
        exchange.whole(200, {})

    with ExitStack() as stack:
        slow, ear = stack.enter_context(dripping()), stack.enter_context(upstream(hear))
        allowed = f"{slow.host},{ear.host}"
        darkroom = stack.enter_context(
            running_darkroom(data, PROVIDER_ALLOWED_HOSTS=allowed, WEBHOOK_ALLOWED_HOSTS=allowed)
        )
        who = seeded(data, organizations=organizations, hooks=hooks, drips=slow.url, listens=f"{ear.url}/ann")
        yield Storm(darkroom, who, slow, ear)


@pytest.fixture
def data(first_data: Path, tmp_path: Path) -> Path:
    return copied(first_data, tmp_path)


def run(client: httpx2.Client, prompt: str, *, n: int = 1) -> str:
    answer = client.post("/api/v1/runs", json={"prompt": prompt, "n": n, "size": "1024x1024", "quality": "low"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def until(condition: object, within: float = 120.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def assert_ann_is_well(storm: Storm) -> None:
    """A page, a picture, the news of it and a mail, each soon."""
    began = time.monotonic()
    page = httpx2.get(f"{storm.darkroom.url}/accounts/login/", timeout=SOON_SECONDS)
    assert page.status_code == 200
    assert time.monotonic() - began < SOON_SECONDS
    heard = len(storm.ear.seen)
    with storm.ann() as client:
        answer = client.post(
            "/v1/images/generations",
            json={"model": "gpt-image-2", "prompt": "a calm lake", "size": "1024x1024", "quality": "low"},
            timeout=SOON_SECONDS * 2,
        )
    assert answer.status_code == 200, answer.text
    until(lambda: len(storm.ear.seen) > heard, within=SOON_SECONDS * 2)
    _ask_for_a_mail(storm)
    until(lambda: _mails_to(storm, storm.who["ann_email"]) > 0, within=SOON_SECONDS)


def _ask_for_a_mail(storm: Storm) -> None:
    with httpx2.Client(base_url=storm.darkroom.url, timeout=SOON_SECONDS, follow_redirects=True) as client:
        page = client.get("/accounts/password/reset/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "email": storm.who["ann_email"]}
        answer = client.post("/accounts/password/reset/", data=form, headers={"Origin": storm.darkroom.url})
        assert answer.status_code == 200, answer.text


def _mails_to(storm: Storm, email: str) -> int:
    return storm.darkroom.log.read_text(errors="replace").count(f"To: {email}")


def test_twenty_five_webhooks_that_drip_take_nothing_from_anybody(data: Path) -> None:
    with storm(data, organizations=1, hooks=10) as there, there.mallory() as mallory:
        for number in range(6):
            run(mallory, f"number {number}")
        until(lambda: there.slow.most_at_once >= 6)
        assert_ann_is_well(there)
        assert httpx2.get(f"{there.darkroom.url}/readyz", timeout=SOON_SECONDS).status_code == 200


def test_calls_that_hang_in_many_organizations_of_one_person_leave_threads_for_others(data: Path) -> None:
    hang = "[sandbox fail=timeout]"
    with storm(data, organizations=4) as there, ExitStack() as stack:
        theirs = [stack.enter_context(there.mallory(number)) for number in range(4)]
        runs = [(client, run(client, hang, n=8)) for client in theirs for _ in range(2)]

        def begun() -> int:
            answers = [client.get(f"/api/v1/runs/{code}").json() for client, code in runs]
            return sum(answer["state"] == "running" for answer in answers)

        until(lambda: begun() >= 4)
        assert_ann_is_well(there)


def test_prompts_whose_improvement_hangs_leave_the_pages_alone(data: Path) -> None:
    with storm(data, organizations=7) as there, ExitStack() as stack:
        theirs = [stack.enter_context(there.mallory(number)) for number in range(7)]
        for client in theirs:
            for number in range(3):
                answer = client.post("/api/v1/prompts/optimize", json={"prompt": f"[sandbox fail=timeout] {number}"})
                assert answer.status_code == 202, answer.text
        assert_ann_is_well(there)
        with there.ann() as ann:
            asked = ann.post("/api/v1/prompts/optimize", json={"prompt": "a lake"}).json()["id"]
            until(lambda: ann.get(f"/api/v1/prompts/{asked}").json()["state"] == "ready", within=SOON_SECONDS * 2)


def test_connection_tests_that_hang_leave_the_pages_alone(data: Path) -> None:
    with storm(data, organizations=1) as there:
        person = Person(there.darkroom.url, "mallory@example.com", PASSWORD, "mallory-0")
        with person, concurrent.futures.ThreadPoolExecutor(8) as pool:
            codes = [person.add_connection(f"slow {number}", f"{there.slow.url}/v1") for number in range(8)]
            action = "/o/mallory-0/connections/{}/test/"
            list(pool.map(lambda code: person.submit(f"/o/mallory-0/connections/{code}/", action.format(code)), codes))
            assert_ann_is_well(there)
