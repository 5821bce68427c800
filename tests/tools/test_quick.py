"""What `bin/test --quick` leaves out."""

from types import SimpleNamespace

import pytest

from tests import quick


@pytest.mark.parametrize(
    ("nodeid", "fixtures", "is_slow"),
    [
        ("tests/accounts/test_keys.py::test_it", ["client", "acme"], False),
        ("tests/studio/gateway/test_asks.py::test_it", ["acme"], False),
        ("tests/studio/gateway/test_generate.py::test_it", ["darkroom"], True),
        ("tests/browser/test_me.py::test_it", [], True),
        ("tests/test_access.py::test_it[browser/storm]", ["client"], False),
    ],
)
def test_what_starts_a_whole_system_is_slow(nodeid: str, fixtures: list[str], is_slow: bool) -> None:
    item = SimpleNamespace(nodeid=nodeid, fixturenames=fixtures)
    assert quick.is_slow(item) is is_slow  # type: ignore[arg-type]  # of an item it is all that is looked at


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_it_is_left_out_only_where_that_is_asked_for(is_asked_for: bool) -> None:
    items = [SimpleNamespace(nodeid=f"tests/{name}/test_a.py::test_it", fixturenames=[]) for name in ("storm", "saas")]
    left_out = list[SimpleNamespace]()
    hook = SimpleNamespace(pytest_deselected=lambda *, items: left_out.extend(items))
    config = SimpleNamespace(getoption=lambda *_, **__: is_asked_for, hook=hook)
    storm, saas = items
    quick.leave_out(config, items)  # type: ignore[arg-type]  # as above
    assert (items, left_out) == (([saas], [storm]) if is_asked_for else ([storm, saas], []))


@pytest.mark.parametrize(
    ("path", "is_asked_for", "is_ignored"),
    [("storm", True, True), ("storm", False, None), ("saas", True, None), ("studio/storm", True, None)],
)
def test_the_folders_of_whole_systems_are_not_read(path: str, is_asked_for: bool, is_ignored: bool | None) -> None:
    config = SimpleNamespace(getoption=lambda *_, **__: is_asked_for)
    found = quick.pytest_ignore_collect(quick.TESTS / path, config)  # type: ignore[arg-type]  # as above
    assert found is is_ignored
