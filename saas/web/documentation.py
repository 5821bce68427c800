"""Show the documentation that comes with Darkroom: the files of docs/, in the product's look, and a search in them.

What is for those who run Darkroom is shown to its staff alone; for others it does not exist."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(settings.BASE_DIR) / "docs"
FOR_EVERYBODY = ("api", "money", "sandbox", "glossary")
FOR_STAFF = ("operations", "settings", "security", "privacy", "upgrading")
LONGEST_SEARCH = 200
MOST_FOUND = 30
SNIPPET_CHARACTERS = 220
CONTENTS_LEVELS = {"h2", "h3"}
# What may be wider than the page scrolls by itself, also by keyboard.
FRAMED = {
    "<table>": '<div class="document-table" tabindex="0"><table>',
    "</table>": "</table></div>",
    "<pre>": '<pre tabindex="0">',
}


@dataclass(frozen=True)
class Section:
    """A heading with the text below it, up to the next heading."""

    level: str
    title: str
    anchor: str
    text: str


@dataclass(frozen=True)
class Document:
    name: str
    title: str
    html: SafeString
    sections: tuple[Section, ...]

    @property
    def contents(self) -> list[Section]:
        return [one for one in self.sections if one.level in CONTENTS_LEVELS]

    @property
    def summary(self) -> str:
        """Return the first sentence."""
        return re.split(r"(?<=[.:]) ", self.sections[0].text, maxsplit=1)[0]


@dataclass(frozen=True)
class Found:
    document: Document
    section: Section
    snippet: str


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the documents, or what a search has found in them."""
    asked = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    documents = [document(name) for name in visible_to(request)]
    found = search(documents, asked) if asked else []
    context = {"documents": documents, "asked": asked, "found": found[:MOST_FOUND], "more": len(found) > MOST_FOUND}
    return render(request, "documentation/index.html", context)


@login_not_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    names = visible_to(request)
    if name not in names:
        raise Http404
    context = {"document": document(name), "documents": [document(one) for one in names]}
    return render(request, "documentation/page.html", context)


def visible_to(request: HttpRequest) -> tuple[str, ...]:
    return FOR_EVERYBODY + FOR_STAFF if request.user.is_staff else FOR_EVERYBODY


def search(documents: list[Document], asked: str) -> list[Found]:
    """Find the sections with all words of a search: those with one in their title first."""
    words = asked.casefold().split()
    found = [
        Found(one, section, _snippet(section.text, words))
        for one in documents
        for section in one.sections
        if all(word in f"{section.title} {section.text}".casefold() for word in words)
    ]
    return sorted(found, key=lambda one: not any(word in one.section.title.casefold() for word in words))


@cache
def document(name: str) -> Document:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    sections = tuple(_sections(tokens))
    for token in tokens:
        _point_links(token.children or [])
    html = parser.renderer.render(_without_title(tokens), parser.options, {})
    for plain, framed in FRAMED.items():
        html = html.replace(plain, framed)
    return Document(name, sections[0].title, mark_safe(html), sections)  # noqa: S308 ours, and raw HTML is off


def _sections(tokens: list[Token]) -> Iterator[Section]:
    """Yield the sections, and give each heading the anchor that links use."""
    level, title, anchor, texts, seen = "", "", "", list[str](), Counter[str]()
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            if level:
                yield Section(level, title, anchor, " ".join(texts))
            level, title, texts = token.tag, _text(following), []
            plain = slugify(title, allow_unicode=True)
            anchor = f"{plain}-{seen[plain]}" if seen[plain] else plain  # as GitHub numbers them
            seen[plain] += 1
            token.attrSet("id", anchor)
        elif token.type == "inline" and _text(token) != title:
            texts.append(_text(token))
        elif token.type == "fence":
            texts.append(token.content)
    yield Section(level, title, anchor, " ".join(texts))


def _text(inline: Token) -> str:
    said = (" " if one.type == "softbreak" else one.content for one in inline.children or [])
    return "".join(said)


def _point_links(tokens: list[Token]) -> None:
    """Let links between documents lead to their pages. A link to a file that is not shown becomes plain text."""
    is_dropped = False
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrs["href"]))
            is_dropped = target is None
            token.attrSet("href", target or "")
        if token.type in {"link_open", "link_close"} and is_dropped:
            token.type, token.tag, token.attrs, token.hidden = "text", "", {}, True
            token.content = ""


def _target(href: str) -> str | None:
    if href.startswith(("https://", "http://", "#", "mailto:")):
        return href
    file, _, anchor = href.partition("#")
    name = file.removesuffix(".md")
    if name not in FOR_EVERYBODY + FOR_STAFF:
        return None
    return reverse("docs_page", args=[name]) + (f"#{anchor}" if anchor else "")


def _without_title(tokens: list[Token]) -> list[Token]:
    """Leave out the document's own heading, which is the page's."""
    return tokens[3:] if tokens and tokens[0].tag == "h1" else tokens


def _snippet(text: str, words: list[str]) -> str:
    places = [place for word in words if (place := text.casefold().find(word)) >= 0]
    start = max(0, min(places, default=0) - SNIPPET_CHARACTERS // 3)
    begun = text.rfind(" ", 0, start) + 1 if start else 0
    shown = text[begun : begun + SNIPPET_CHARACTERS].strip()
    return f"{'…' if begun else ''}{shown}{'…' if begun + SNIPPET_CHARACTERS < len(text) else ''}"
