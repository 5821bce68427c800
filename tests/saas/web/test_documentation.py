"""The documentation at /docs/."""

import re
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from saas.web import documentation
from saas.web.documentation import FOR_EVERYBODY, FOR_STAFF, document

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", FOR_EVERYBODY)
def test_everybody_reads_what_is_for_those_who_use_it(client: Client, name: str) -> None:
    answer = client.get(f"/docs/{name}/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.count("<h1") == 1
    assert f"<h1>{document(name).title}</h1>" in text
    assert "**" not in re.sub(r"<(pre|code).*?</\1>", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", FOR_STAFF)
def test_what_is_for_operators_exists_for_staff_alone(client: Client, alice: User, name: str) -> None:
    assert client.get(f"/docs/{name}/").status_code == 404
    client.force_login(alice)
    assert client.get(f"/docs/{name}/").status_code == 404
    assert f"/docs/{name}/" not in client.get("/docs/").content.decode()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client.get(f"/docs/{name}/").status_code == 200
    assert f"/docs/{name}/" in client.get("/docs/").content.decode()


def test_a_search_finds_sections_with_all_words(client: Client, alice: User) -> None:
    text = client.get("/docs/", {"q": "idempotency-key RETRY"}).content.decode()
    assert 'href="/docs/api/#sent-twice"' in text
    assert "Found for “idempotency-key RETRY”" in text
    assert "No section has all of these words" in client.get("/docs/", {"q": "zebra"}).content.decode()
    assert "&lt;script&gt;" in client.get("/docs/", {"q": "<script>"}).content.decode()
    secret = {"q": "pg_restore"}
    assert "/docs/operations/" not in client.get("/docs/", secret).content.decode()
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    assert "/docs/operations/#" in client.get("/docs/", secret).content.decode()


def test_every_link_and_anchor_of_a_page_leads_somewhere() -> None:
    names = FOR_EVERYBODY + FOR_STAFF
    places = {f"/docs/{name}/" for name in names}
    places |= {f"/docs/{name}/#{one.anchor}" for name in names for one in document(name).sections}
    for name in names:
        html = document(name).html
        links = [link for link in re.findall(r'href="([^"]*)"', html) if not link.startswith("https://")]
        assert [link for link in links if link not in places and f"/docs/{name}/{link}" not in places] == []
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids)), name


def test_html_in_a_document_is_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "api.md").write_text("# T\n\n<script>alert(1)</script> [a](javascript:alert(1)) [b](../secret.txt)\n")
    monkeypatch.setattr(documentation, "FOLDER", tmp_path)
    document.cache_clear()
    html = document("api").html
    document.cache_clear()
    assert "<script" not in html
    assert "href" not in html
    assert "[a]" in html
    assert " b" in html
