import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.embedded.folder import DataFolder
from tests.embedded.instance import Instance, running_darkroom


@pytest.fixture(scope="session")
def first_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that Darkroom has run on once and left."""
    data = tmp_path_factory.mktemp("first") / "data"
    with running_darkroom(data):
        pass
    return data


@pytest.fixture
def data(first_data: Path, tmp_path: Path) -> Iterator[Path]:
    """As out of a backup: where root copies, root owns all of it."""
    yield copied(first_data, tmp_path)
    shutil.rmtree(tmp_path, ignore_errors=True)


def copied(data: Path, parent: Path) -> Path:
    """Static files, which are many and never change, are linked."""
    copy = shutil.copytree(data, parent / "data", ignore=shutil.ignore_patterns("static"))
    shutil.copytree(data / "static", copy / "static", copy_function=os.link)
    return Path(copy)


@pytest.fixture
def folder(data: Path) -> DataFolder:
    return DataFolder.at(data)


@pytest.fixture(scope="module")
def darkroom(first_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One that runs while a whole file of tests looks at it."""
    with running_darkroom(copied(first_data, tmp_path_factory.mktemp("running"))) as instance:
        yield instance
