"""Which tests go to the same worker, one after the other: those of a file, and those of a folder that shares what takes
long to start. xdist's own groups will not do: from pytest 9.2 on their marks are ignored, and nobody is told."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import quick

# One worker's, because its tests share a running Darkroom or services.
SHARING = ("tests/scaled/", "tests/weather/", "tests/storm/", "tests/studio/gateway/", "tests/studio/sandbox/")

# In this order, and before everything else: what begins last has to be short, or one worker waits for the others. The
# two that wait most are first, so that the others have the processors meanwhile.
EARLY = (
    "tests/scaled/",
    "tests/weather/",
    "tests/browser/",
    "tests/storm/",
    "tests/studio/gateway/",
    "tests/embedded/",
    "tests/tools/",
    "tests/studio/sandbox/",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    quick.leave_out(config, items)
    items.sort(key=_turn_of)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "Together":
    return Together(config, log)


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False  # they come in their order already
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return _group_of(nodeid)


def _group_of(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((folder for folder in SHARING if file.startswith(folder)), file)


def _turn_of(item: pytest.Item) -> int:
    return next((turn for turn, folder in enumerate(EARLY) if item.nodeid.startswith(folder)), len(EARLY))
