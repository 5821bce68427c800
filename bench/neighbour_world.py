"""Set up the Darkroom that `bench.neighbour` measures: Ann, three thousand people who forget their passwords, and
Mallory's organizations with slow providers and webhooks."""

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

from bench import gallery
from bench.archive import FILE_BYTES, MAKE
from bench.gateway import OWN_UPSTREAM
from bench.page import Browser, manage
from bench.sizes import program
from bench.start import darkroom, free_port, wait_until_ready
from tests.storm.slow import dripping

PATIENCE_SECONDS = 60.0
RUN = {"prompt": "a calm lake", "size": "1024x1024", "quality": "low"}
PICTURE = {"model": "gpt-image-2", **RUN}


SEED = """
import json
from allauth.account.models import EmailAddress
from accounts import api_keys
from accounts.connections import registry as connections
from accounts.people import organizations
from accounts.webhooks import endpoints as webhooks
from accounts.models import Membership, ProviderKind, Scope, User
from django.contrib.auth.hashers import make_password
from saas.database import tenancy

def made(slug, by, base_url):
    org = organizations.found(name=slug.title(), slug=slug, by=by)
    with tenancy.tenant(org.pk):
        member = Membership.objects.select_related("org", "user").get(org=org, user=by)
        added = connections.add(
            org=org, by=member, name="Up", kind=ProviderKind.COMPATIBLE, base_url=base_url, key="sk-test")
        connections.make_default(connection=added, by=member)
        _, key = api_keys.make(org=org, by=member, name="Storm", scopes=list(Scope))
    return member, key

mallory = User.objects.get(email="demo@darkroom.invalid")
password = make_password("a long dark corridor")  # once: it takes its time
people = User.objects.bulk_create(User(email=f"ann{n}@example.com", name="Ann", password=password) for n in range(3000))
ann = people[0]
EmailAddress.objects.bulk_create(
    EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people)
_, ann_key = made("ann", ann, UPSTREAM + "/v1")
hanging = [made(f"hang-{n}", mallory, DRIPS + "/v1")[1] for n in range(4)]
hooked, hooked_key = made("hooked", mallory, UPSTREAM + "/v1")
with tenancy.tenant(hooked.org_id):
    for n in range(10):
        webhooks.add(by=hooked, url=f"{DRIPS}/{n}", events=["run.finished"])
print(json.dumps({"ann": ann_key, "hanging": hanging, "hooked": hooked_key}))
"""


@dataclass
class PostOffice:
    """A mail server that accepts everything, and remembers to which address."""

    port: int = 0
    to: int = 0  # the last person who has forgotten their password
    arrived: threading.Condition = field(default_factory=threading.Condition)
    known: set[str] = field(default_factory=set)

    def serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                wire, _ = listening.accept()
                threading.Thread(target=self._talk, args=(wire,), daemon=True).start()

    def _talk(self, wire: socket.socket) -> None:
        with suppress(OSError), wire, wire.makefile("rwb") as line:
            recipient, is_body = "", False

            def say(words: bytes) -> None:
                line.write(words + b"\r\n")
                line.flush()

            say(b"220 here")
            for said in line:
                if is_body:
                    is_body = said != b".\r\n"
                    if not is_body:
                        with self.arrived:
                            self.known.add(recipient)
                            self.arrived.notify_all()
                        say(b"250 thanks")
                    continue
                if said.upper().startswith(b"RCPT"):
                    recipient = said.decode().partition("<")[2].partition(">")[0]
                is_body = said.upper().startswith(b"DATA")
                say(b"354 go on" if is_body else b"250 fine")

    def has_come(self, to: str) -> bool:
        with self.arrived:
            return self.arrived.wait_for(lambda: to in self.known, PATIENCE_SECONDS)


@contextmanager
def mails_arriving() -> Iterator[PostOffice]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = PostOffice(listening.getsockname()[1])
        threading.Thread(target=found.serve, args=(listening,), daemon=True).start()
        yield found


@dataclass
class World:
    port: int
    post_office: PostOffice
    data: Path
    keys: dict[str, str | list[str]]
    demo: dict[str, str]
    pictures: list[str]
    pid: int
    ann: Browser
    stopped: Event = field(default_factory=multiprocessing.get_context("fork").Event)

    def key(self, name: str) -> str:
        found = self.keys[name]
        assert isinstance(found, str)
        return found


@contextmanager
def world(runs: int) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch, ExitStack() as stack:
        Path(scratch).chmod(0o711)
        data, port = Path(scratch) / "data", free_port()
        post_office = stack.enter_context(mails_arriving())
        upstream, _ = stack.enter_context(program(OWN_UPSTREAM))
        slow = stack.enter_context(dripping())
        hosts = f"{slow.host},{urlsplit(upstream).netloc}"
        settings = {
            "PROVIDER_ALLOWED_HOSTS": hosts,
            "WEBHOOK_ALLOWED_HOSTS": hosts,
            "ORGANIZATIONS_A_DAY": "100",
            "TRUSTED_PROXIES": "1",  # so that each forgotten password is asked for from an address of its own
            "EMAIL_URL": f"smtp://127.0.0.1:{post_office.port}?tls=0",
        }
        process = stack.enter_context(darkroom(data, port, **settings))
        wait_until_ready(process, port)
        demo = json.loads(manage(data, "demo", "--json"))
        gallery.fill(data, argparse.Namespace(runs=runs, org=runs // 2, others=20))
        told = manage(data, "shell", "--no-imports", "-c", MAKE % (FILE_BYTES, 2000, FILE_BYTES))
        os.environ.update(settings)  # for `manage`, which checks addresses
        seed = SEED.replace("UPSTREAM", repr(upstream)).replace("DRIPS", repr(slow.url))
        keys = json.loads(manage(data, "shell", "--no-imports", "-c", seed).splitlines()[-1])
        ann = Browser(port)
        ann.sign_in("ann0@example.com", "a long dark corridor")
        yield World(port, post_office, data, keys, demo, json.loads(told.splitlines()[-1]), process.pid, ann)


def post(here: World, key: str, path: str, body: object, *, patience: float = PATIENCE_SECONDS) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", here.port, timeout=patience)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
