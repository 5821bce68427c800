"""One request key, one run: a double click, a program that tries again, two requests at the same instant."""

import threading

import pytest
from django.db import connections as databases
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.models import Run, Ticket
from studio.runs import plan, submit_run
from tests.conftest import must_be_member


def submit(org: Organization, user: User, *, key: str = "k-1", digest: str = "same") -> Run:
    spec = specs.read_spec({"prompt": "A lamp", "quality": "low", "n": 2}, models=image_models.at(timezone.now()))
    with tenancy.tenant(org.pk):
        member = must_be_member(org, user)
        return submit_run.submit(by=member, plan=plan.make(org=org, spec=spec), request_key=key, request_hash=digest)


def count(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Run.objects.filter(org=org).count()


def test_the_same_request_again_is_answered_by_the_same_run(acme: Organization, bob: User) -> None:
    assert submit(acme, bob).pk == submit(acme, bob).pk
    assert count(acme) == 1
    assert Ticket.objects.count() == 2


def test_another_request_under_the_same_key_is_refused(acme: Organization, bob: User) -> None:
    submit(acme, bob)
    with pytest.raises(submit_run.KeyReused):
        submit(acme, bob, digest="other")
    assert count(acme) == 1
    assert Ticket.objects.count() == 2


def test_keys_belong_to_their_maker(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User
) -> None:
    made = {submit(acme, alice).pk, submit(acme, bob).pk, submit(rival, charlie).pk}
    assert len(made) == 3


def test_without_a_key_each_request_is_its_own(acme: Organization, bob: User) -> None:
    assert submit(acme, bob, key="", digest="").pk != submit(acme, bob, key="", digest="").pk


@pytest.mark.django_db(transaction=True)
def test_eight_at_the_same_instant_make_one_run(acme: Organization, bob: User) -> None:
    gate, made = threading.Barrier(8), []

    def ask() -> None:
        try:
            gate.wait(10)
            made.append(submit(acme, bob).pk)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(made) == 8
    assert len(set(made)) == 1
    assert count(acme) == 1
    assert Ticket.objects.count() == 2
