"""Everything that an act could change, to be compared before and after it."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import connection, models

from accounts.models import AuditEntry, Organization, User
from saas.database import tenancy
from saas.fairness import visitors
from tests.support.raw_walls import tenant_models

WAIT_SECONDS = 60
TENANTS = [model for model in tenant_models() if model._meta.app_label == "accounts"]
LINK = re.compile(r"http://testserver(/invitations/[^/\s]+/)")


def rows(*models_: type[models.Model]) -> list[str]:
    """Every row that the wall lets through, of all these models by one statement."""
    each = " UNION ALL ".join(
        f"SELECT '{model.__name__} ' || to_jsonb(t)::text AS row FROM {model._meta.db_table} t"  # noqa: S608 our own words
        for model in models_
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row FROM ({each}) AS found ORDER BY row")  # noqa: S608 our own words
        return [row for (row,) in cursor.fetchall()]


def everything() -> dict[str, Any]:
    """Every row of every organization and every person, and every e-mail that went out."""
    with tenancy.operator():
        org_ids = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    found: dict[str, Any] = {"mails": len(mail.outbox)}
    for org_id in org_ids:
        with tenancy.tenant(org_id):
            found[f"rows of {org_id}"] = rows(*TENANTS)
    people = list(User.objects.order_by("pk").values())
    found["people"] = [{**person, "last_login": None} for person in people]  # signing in is no change that counts
    return found | {"proofs": rows(Authenticator, SocialAccount, EmailAddress)}


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = everything()
    yield
    assert everything() == before


def entries(org: Organization) -> list[AuditEntry]:
    """The audit log of an organization, oldest first, without its founding."""
    with tenancy.tenant(org.pk):
        return list(org.audit_entries.exclude(action="organization.founded").order_by("pk"))


def last_entry(org: Organization) -> AuditEntry:
    return entries(org)[-1]


def last_link() -> str:
    """The path of the invitation that went out last."""
    found = LINK.search(str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def at_once(org: Organization, *acts: Callable[[], Any]) -> list[Any]:
    """What each act answers or raises. All have asked for their rights and wait for the organization's lock before the
    first goes on, which is the worst moment. None waits for a seat: they are as many processes."""
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            with visitors.unseated():
                results[number] = act()
        except Exception as error:  # it is the result
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    with tenancy.tenant(org.pk):
        org.locked()
        for thread in threads:
            thread.start()
        wait_until_waiting(len(acts))
    for thread in threads:
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()
    return results


def wait_until_waiting(number: int) -> None:
    """Until so many transactions wait for a lock that another one holds."""
    ended = threading.Event()
    for _ in range(WAIT_SECONDS * 100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_stat_clear_snapshot()"
            )  # a transaction sees others as they were at its first look
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= number:
                return
        ended.wait(0.01)
    raise AssertionError(f"{number} acts should wait for a lock.")


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act answers or raises; all begin at the same moment."""
    results: list[Any] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(WAIT_SECONDS)
            results[number] = act()
        except Exception as error:  # it is the result
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()
    return results
