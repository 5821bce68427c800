import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.embedded.folder import DataFolder
from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied


@pytest.fixture
def data(first_data: Path, tmp_path: Path) -> Iterator[Path]:
    """As out of a backup: where root copies, root owns all of it."""
    yield copied(first_data, tmp_path)
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def folder(data: Path) -> DataFolder:
    return DataFolder.at(data)


@pytest.fixture(scope="module")
def darkroom(first_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One that runs while a whole file of tests looks at it."""
    with running_darkroom(copied(first_data, tmp_path_factory.mktemp("running"))) as instance:
        yield instance
