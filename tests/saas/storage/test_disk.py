"""Storage on a disk that fills up in the middle of a file."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from saas.storage.disk import WholeFileStorage


@contextmanager
def disk_that_takes(limit_bytes: int) -> Iterator[None]:
    """The kernel refuses to write further into any file, as it does where the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    storage = WholeFileStorage(location=tmp_path)
    with disk_that_takes(5000), pytest.raises(OSError, match="File too large"):
        storage.save("a/b/output.png", ContentFile(bytes(9000)))
    assert everything_in(tmp_path) == []
    assert storage.save("a/b/output.png", ContentFile(b"whole")) == "a/b/output.png"


def test_a_name_that_is_taken_stays_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = WholeFileStorage(location=tmp_path)
    assert storage.save("output.png", ContentFile(b"first")) == "output.png"
    monkeypatch.setattr(storage, "get_available_name", lambda name: f"other-{name}")
    name = storage._save("output.png", ContentFile(b"second"))  # as by one who looked before the first came
    assert name == "other-output.png"
    assert ((tmp_path / "output.png").read_bytes(), (tmp_path / name).read_bytes()) == (b"first", b"second")
    assert everything_in(tmp_path) == ["other-output.png", "output.png"]


def test_a_disk_without_links_keeps_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    assert WholeFileStorage(location=tmp_path).save("output.png", ContentFile(b"picture")) == "output.png"
    assert (tmp_path / "output.png").read_bytes() == b"picture"
    assert everything_in(tmp_path) == ["output.png"]
