"""How saas.database.tenancy opens walls and closes them behind itself."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection

from accounts.models import Organization, User
from saas.database import tenancy
from tests.conftest import SignIn

NOTHING = {"app.org": "", "app.user": "", "app.presented": "", "app.operator": ""}
Wall = Callable[[], AbstractContextManager[None]]
WALLS: dict[str, Wall] = {
    "app.org=5": lambda: tenancy.tenant(5),
    "app.user=7": lambda: tenancy.person(7),
    "app.presented=abc": lambda: tenancy.presented("abc"),
    "app.operator=on": tenancy.operator,
}
every_wall = pytest.mark.parametrize("wall", WALLS)


class Stop(Exception):
    pass


def in_the_database() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'''current_setting('{name}', true)''' for name in NOTHING)}")
        return dict(zip(NOTHING, (value or "" for value in cursor.fetchone()), strict=True))


def holding(wall: str) -> dict[str, str]:
    name, _, value = wall.partition("=")
    return {**NOTHING, name: value}


def remembered() -> dict[str, str]:
    held = tenancy.current()
    return {**NOTHING, **{str(name): value for name, value in held.items()}}


@every_wall
def test_a_wall_sets_its_own_setting_and_no_other(wall: str, transactional_db: None) -> None:
    with WALLS[wall]():
        assert in_the_database() == remembered() == holding(wall)
    assert in_the_database() == remembered() == NOTHING


@every_wall
def test_a_wall_that_ends_by_an_exception_leaves_nothing(wall: str, transactional_db: None) -> None:
    with pytest.raises(Stop), WALLS[wall]():
        raise Stop
    assert in_the_database() == remembered() == NOTHING


@every_wall
@pytest.mark.parametrize("inner", WALLS)
def test_a_nested_wall_holds_alone_and_the_outer_one_comes_back(wall: str, inner: str, db: None) -> None:
    with WALLS[wall]():
        with WALLS[inner]():
            assert in_the_database() == remembered() == holding(inner)
        assert in_the_database() == remembered() == holding(wall)


@every_wall
def test_the_outer_wall_comes_back_after_an_exception_too(wall: str, db: None) -> None:
    with tenancy.tenant(1):
        with pytest.raises(Stop), WALLS[wall]():
            raise Stop
        assert in_the_database() == remembered() == holding("app.org=1")


def test_the_outer_wall_comes_back_after_a_statement_that_failed(db: None) -> None:
    with tenancy.tenant(1):
        with pytest.raises(Exception, match="division by zero"), tenancy.tenant(2), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert in_the_database() == remembered() == holding("app.org=1")


def test_walls_nest_three_deep(db: None) -> None:
    with tenancy.person(7), tenancy.presented("abc"), tenancy.tenant(5):
        assert in_the_database() == holding("app.org=5")
    with tenancy.person(7):
        with tenancy.tenant(5), tenancy.tenant(6):
            pass
        assert in_the_database() == remembered() == holding("app.user=7")


def test_what_is_done_behind_a_wall_that_breaks_is_undone(acme: Organization) -> None:
    def rename_and_break() -> None:
        with tenancy.tenant(acme.pk):
            Organization.objects.filter(pk=acme.pk).update(name="Changed")
            raise Stop

    with pytest.raises(Stop):
        rename_and_break()
    with tenancy.tenant(acme.pk):
        assert Organization.objects.get().name == "Acme"


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_pooled_connection_goes_back_without_settings(transactional_db: None) -> None:
    with tenancy.tenant(5):
        used = _backend()
    for _ in range(20):  # the pool hands its connections out in turn
        connection.close()
        if _backend() == used:
            break
    assert _backend() == used
    assert in_the_database() == remembered() == NOTHING


def test_a_connection_that_was_lost_inside_a_wall_leaves_nothing(transactional_db: None) -> None:
    def lose_it() -> None:
        with tenancy.tenant(5):
            connection.close()
            raise Stop

    with pytest.raises(Stop):
        lose_it()
    assert in_the_database() == remembered() == NOTHING


def test_threads_do_not_share_walls(transactional_db: None) -> None:
    seen: list[dict[str, str]] = []

    def look() -> None:
        try:
            seen.append(in_the_database())
            seen.append(remembered())
            with tenancy.tenant(6):
                seen.append(in_the_database())
        finally:
            connection.close()

    with tenancy.tenant(5):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert in_the_database() == remembered() == holding("app.org=5")
    assert seen == [NOTHING, NOTHING, holding("app.org=6")]


@pytest.mark.parametrize("url", ["/o/acme/", "/o/acme/settings/", "/o/nothing/", "/me/", "/", "/-/operator/"])
def test_a_page_leaves_nothing_behind(url: str, acme: Organization, alice: User, sign_in: SignIn) -> None:
    sign_in(alice).get(url)
    assert in_the_database() == remembered() == NOTHING


def test_a_page_that_breaks_leaves_nothing_behind(
    acme: Organization, alice: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        assert remembered() == holding(f"app.org={acme.pk}")
        raise Stop

    monkeypatch.setattr("accounts.api_keys.visible_to", break_down)
    with pytest.raises(Stop):
        sign_in(alice).get("/o/acme/keys/")
    assert in_the_database() == remembered() == NOTHING
