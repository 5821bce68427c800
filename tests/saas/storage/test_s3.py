"""Each file costs the bucket one request, and this process neither a class nor a thread."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from boto3.resources.factory import ResourceFactory
from botocore.exceptions import ClientError, ResponseStreamingError  # type: ignore[import-untyped]
from django.conf import LazySettings
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages

from tests.scaled.services import S3
from tests.support import faulty_s3
from tests.support.faulty_s3 import Fault, FaultyS3, faulty, losing

NAME, DATA = "acme/runs/1/0-1/output.png", bytes(range(256)) * 40_000  # of 10 MB


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    service = S3(tmp_path_factory.mktemp("s3"))
    service.start()
    try:
        service.wait()
        yield service
    finally:
        service.stop()


@pytest.fixture
def bucket(s3: S3, settings: LazySettings) -> Iterator[FaultyS3]:
    with faulty(s3.url) as found:
        settings.STORAGES = {**settings.STORAGES, **faulty_s3.storages(found.url)}
        yield found
        default_storage.delete(NAME)


def read(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def test_each_act_is_one_request(bucket: FaultyS3) -> None:
    assert default_storage.save(NAME, ContentFile(DATA)) == NAME
    assert read(NAME) == DATA
    assert default_storage.exists(NAME)
    default_storage.delete(NAME)
    assert not default_storage.exists(NAME)
    methods = [method for method, _ in bucket.asked]
    assert methods == ["HEAD", "PUT", "GET", "HEAD", "DELETE", "HEAD"]  # a name is looked for before it is taken


def test_no_class_and_no_thread_is_made_for_a_file(bucket: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> None:
    default_storage.exists(NAME)  # makes the client
    made: list[str] = []
    load, start = ResourceFactory.load_from_definition, threading.Thread.start

    def watched_load(factory: Any, *args: Any, **more: Any) -> Any:
        made.append("class")
        return load(factory, *args, **more)

    def watched_start(thread: threading.Thread) -> None:
        if thread.name.startswith("ThreadPoolExecutor"):
            made.append("thread")
        start(thread)

    monkeypatch.setattr(ResourceFactory, "load_from_definition", watched_load)
    monkeypatch.setattr(threading.Thread, "start", watched_start)
    default_storage.save(NAME, ContentFile(DATA))
    read(NAME)
    default_storage.delete(NAME)
    assert made == []


def test_a_file_keeps_its_type_and_its_size(bucket: FaultyS3) -> None:
    default_storage.save(NAME, ContentFile(DATA))
    with default_storage.open(NAME) as file:
        assert (file.size, file.name) == (len(DATA), NAME)
        file.seek(1_000_000)
        assert file.read(3) == DATA[1_000_000:1_000_003]
    said = default_storage.connection.meta.client.head_object(Bucket=default_storage.bucket_name, Key=NAME)  # type: ignore[attr-defined]
    assert said["ContentType"] == "image/png"


def test_a_name_that_is_taken_is_left_alone(bucket: FaultyS3) -> None:
    default_storage.save(NAME, ContentFile(b"first"))
    other = default_storage.save(NAME, ContentFile(b"second"))
    assert other != NAME
    assert (read(NAME), read(other)) == (b"first", b"second")
    default_storage.delete(other)


def test_a_file_that_is_not_there_is_not_found(bucket: FaultyS3) -> None:
    with pytest.raises(FileNotFoundError):
        default_storage.open("acme/nothing.png")
    default_storage.delete("acme/nothing.png")


def test_a_refusal_is_no_missing_file(bucket: FaultyS3) -> None:
    default_storage.save(NAME, ContentFile(DATA))
    bucket.fault = losing(1, method="GET", kind=Fault.FORBIDDEN)
    with pytest.raises(ClientError):
        read(NAME)


@pytest.mark.parametrize("name", ["../outside.png", "acme/../../outside.png"])
def test_a_name_outside_of_the_bucket_is_refused(bucket: FaultyS3, name: str) -> None:
    with pytest.raises(SuspiciousOperation):
        default_storage.save(name, ContentFile(DATA))
    assert bucket.asked == []


def test_a_file_that_is_cut_off_is_asked_for_again(bucket: FaultyS3) -> None:
    default_storage.save(NAME, ContentFile(DATA))
    bucket.fault = losing(2, method="GET", kind=Fault.CUT)
    assert read(NAME) == DATA
    assert [method for method, _ in bucket.asked].count("GET") == 3


def test_an_impatient_reader_asks_once(bucket: FaultyS3) -> None:
    default_storage.save(NAME, ContentFile(DATA))
    bucket.fault = losing(1, method="GET", kind=Fault.CUT)
    with pytest.raises(ResponseStreamingError):
        storages["impatient"].open(NAME)
    assert [method for method, _ in bucket.asked].count("GET") == 1
