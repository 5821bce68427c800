"""bin/run on a folder that it has run on before."""

import re
import stat
from pathlib import Path

import httpx2
import pytest

from tests.embedded import postmaster
from tests.embedded.instance import Instance, manage, running_darkroom


def test_the_ready_line_stands_alone_and_says_where(darkroom: Instance) -> None:
    log = darkroom.log.read_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", darkroom.url)
    assert f"\nDarkroom is ready at {darkroom.url}\n" in f"\n{log}"


def test_a_first_start_says_what_it_does_and_a_later_one_is_silent(first_data: Path, darkroom: Instance) -> None:
    made = f"Making a new database in {first_data.parent.with_suffix('.making')}/data …"
    said = (first_data.parent / "data.log").read_text()
    assert said.index("Collecting the static files …") < said.index(made) < said.index("Darkroom is ready at")
    assert "Making" not in darkroom.log.read_text()
    assert "Collecting" not in darkroom.log.read_text()


def test_it_says_how_to_sign_in(darkroom: Instance) -> None:
    log = darkroom.log.read_text()
    assert f"{darkroom.url}/accounts/signup/" in log
    assert "bin/manage demo" in log


def test_the_ready_page_answers(darkroom: Instance) -> None:
    assert httpx2.get(f"{darkroom.url}/readyz").status_code == 200


def test_the_sign_up_page_comes_with_its_stylesheet(darkroom: Instance) -> None:
    page = httpx2.get(f"{darkroom.url}/accounts/signup/", timeout=60).text
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert sheet is not None
    assert httpx2.get(f"{darkroom.url}{sheet[1]}", timeout=60).status_code == 200


def test_the_app_connects_as_a_role_that_row_security_holds(darkroom: Instance) -> None:
    query = "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert postmaster.ask(darkroom.folder, query) == [("darkroom", False, False, False)]


def test_postgresql_is_reached_by_its_socket_only(darkroom: Instance) -> None:
    assert postmaster.ask(darkroom.folder, "SHOW listen_addresses") == [("",)]


def test_secrets_and_pictures_are_for_their_owner_only(darkroom: Instance) -> None:
    for path in (darkroom.folder.secrets, darkroom.folder.postgres_log):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (darkroom.folder.cluster, darkroom.folder.sockets, darkroom.folder.media):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_commands_work_beside_it_and_know_its_address(darkroom: Instance) -> None:
    line = "from django.conf import settings; print(settings.PUBLIC_URL)"
    assert manage(darkroom.folder.root, "shell", "--no-imports", "-c", line).split() == [darkroom.url]
    assert darkroom.process.poll() is None
    assert postmaster.ask(darkroom.folder, "SELECT 1") == [(1,)]


def test_a_second_one_runs_beside_it(darkroom: Instance, data: Path) -> None:
    with running_darkroom(data) as second:
        assert second.url != darkroom.url
        assert postmaster.pid(second.folder) != postmaster.pid(darkroom.folder)
        for instance in (darkroom, second):
            assert httpx2.get(f"{instance.url}/readyz").status_code == 200


def test_a_restart_keeps_everything(data: Path) -> None:
    user = "from accounts.models import User; "
    manage(data, "shell", "--no-imports", "-c", f"{user}User.objects.create_user('kept@example.com')")
    before = (data / "secrets.json").read_text()
    with running_darkroom(data):
        pass
    counted = manage(
        data, "shell", "--no-imports", "-c", f"{user}print(User.objects.filter(email='kept@example.com').count())"
    )
    assert counted.split() == ["1"]
    assert (data / "secrets.json").read_text() == before


@pytest.mark.parametrize("name", ["with space, comma and ünïcödé 部屋", "long-" * 24])
def test_any_path_will_do(data: Path, name: str) -> None:
    moved = data.rename(data.with_name(name))
    with running_darkroom(moved) as instance:
        assert postmaster.ask(instance.folder, "SELECT 1") == [(1,)]
        sockets = instance.folder.sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists() or sockets.is_relative_to(moved)


def test_ipv6_addresses_are_printed_in_brackets(data: Path) -> None:
    with running_darkroom(data, 0, "--host", "::1") as instance:
        assert re.fullmatch(r"http://\[::1\]:\d+", instance.url)
        assert httpx2.get(f"{instance.url}/readyz").status_code == 200
