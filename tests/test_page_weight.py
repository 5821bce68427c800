"""A page's own style sheets and scripts, compressed, stay light: what it links, and what its attributes fetch."""

import gzip
import posixpath
import re
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.storage.static_files import bundle
from tests.conftest import SignIn
from tests.studio.booth.conftest import event_of, kiosk

OURS = Path(__file__).parents[1] / "saas/static/darkroom"
MOST_BYTES = 80_000
FEWEST_SCRIPTS = 8  # of any page; else this test does not find them
BEHAVIOUR = re.compile(r'\["([^"]+)", \(\) => import\("\./([\w/-]+\.js)"\)\]')
STATIC_IMPORT = re.compile(r'^import [^;]*?"(\.{1,2}/[\w./-]+\.js)";', re.MULTILINE)


def squeezed(text: str) -> int:
    return len(gzip.compress(text.encode()))


def sheet(name: str) -> str:
    return bundle(name, lambda part: (OURS.parent / Path(part)).resolve().read_text())


def scripts_of(page: str) -> set[str]:
    """The entry, each behaviour whose attribute stands on the page, and what those import."""
    names = {"main.js"}
    for selector, module in BEHAVIOUR.findall((OURS / "js/main.js").read_text()):
        mark = selector.strip("[]#").replace("'", '"')
        if mark in page or f"<{mark}" in page:
            names.add(module)
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        for address in STATIC_IMPORT.findall((OURS / "js" / name).read_text()):
            found = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
            if found not in names:
                names.add(found)
                waiting.append(found)
    return names


def weight_of(page: str) -> tuple[int, str]:
    """Return the bytes of what the page links and fetches, and what those are."""
    sheets = re.findall(r'href="/static/(darkroom/css/[\w/-]+\.css)"', page)
    scripts = scripts_of(page)
    assert "darkroom/css/main.css" in sheets
    assert len(scripts) >= FEWEST_SCRIPTS
    weight = sum(squeezed(sheet(name)) for name in sheets)
    weight += sum(squeezed((OURS / "js" / name).read_text()) for name in scripts)
    return weight, f"{weight} bytes in {len(scripts)} scripts and {len(sheets)} style sheets"


@pytest.mark.parametrize(
    "path", ["", "gallery/", "collections/", "usage/", "limits/", "team/", "sample/", "booth/", "threads/new/"]
)
def test_a_page_stays_under_80_kilobytes(path: str, acme: Organization, alice: User, sign_in: SignIn) -> None:
    answer = sign_in(alice).get(f"/o/acme/{path}")
    assert answer.status_code == 200
    weight, what = weight_of(answer.content.decode())
    assert weight < MOST_BYTES, what


@pytest.mark.parametrize(
    ("path", "marks"),
    [("", {"data-kiosk", "data-finder-shutter"}), ("wall/", {"data-slideshow"})],
)
def test_a_kiosk_and_its_wall_stay_under_80_kilobytes(
    path: str, marks: set[str], acme: Organization, adam: User
) -> None:
    answer = Client().get(f"{kiosk(event_of(acme, adam))}{path}")
    page = answer.content.decode()
    assert all(mark in page for mark in marks)
    weight, what = weight_of(page)
    assert weight < MOST_BYTES, what
