"""`bin/test --quick`: leave out the tests that start a whole Darkroom, services or a browser."""

from pathlib import Path

import pytest

WHOLE_SYSTEMS = ("browser", "embedded", "scaled", "storm", "tools", "weather")
TESTS = Path(__file__).parent
STARTS_DARKROOM = {"darkroom", "demo_data"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="leave out what starts a whole Darkroom, services or a browser"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even read the folders of whole systems, which import dear things."""
    is_asked_for = config.getoption("--quick", default=False)
    return True if is_asked_for and collection_path in [TESTS / name for name in WHOLE_SYSTEMS] else None


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is slow, if the person asks for it."""
    if not config.getoption("--quick", default=False):
        return
    config.hook.pytest_deselected(items=[item for item in items if is_slow(item)])
    items[:] = [item for item in items if not is_slow(item)]


def is_slow(item: pytest.Item) -> bool:
    folder = item.nodeid.partition("tests/")[2].partition("/")[0]
    return folder in WHOLE_SYSTEMS or bool(STARTS_DARKROOM & set(getattr(item, "fixturenames", ())))
