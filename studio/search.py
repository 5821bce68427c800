"""Finds pictures by the words of their prompt, in any language.

A word is a run of letters and digits, lower-cased, without accents. Chinese, Japanese, Korean and Thai write without
spaces between words, so there each pair of neighbours is a word, and each sign. What is stored are numbers: a hash of
the organization's code and the word, so one organization's words are not even equal to another's."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from studio.models import Output, SearchEntry

MOST_WORDS = 2000  # of one prompt; at most 32,000 characters come in
MOST_ASKED = 20
MOST_LISTED = 1000
ACCENTS = re.compile("[\u0300-\u036f]+")
DENSE = "\u0e00-\u0eff\u1100-\u11ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003134f"
PIECE = re.compile(rf"([{DENSE}]+)|([^\W_{DENSE}]+)")
SHORTEST_PLURAL = 4


def index(output: Output, prompt: str, revised_prompt: str = "") -> None:
    SearchEntry.objects.bulk_create(
        [
            SearchEntry(
                output_id=output.pk,
                org_id=output.org_id,
                words=numbers(output.org.code, words_of(f"{prompt}\n{revised_prompt}")),
            )
        ],
        ignore_conflicts=True,
    )


def among(rows: "QuerySet[Output]", org_code: UUID, text: str) -> "QuerySet[Output]":
    """Those of an organization's pictures that have all these words; none where the text has no words.

    Few are named one by one. Of words that are in many pictures the newest are soon met by going from picture to
    picture: a question for each, which PostgreSQL cannot turn into a join that would look at all of them first."""
    asked = numbers(org_code, asked_words(text))
    if not asked:
        return rows.none()
    entries = SearchEntry.objects.filter(words__contains=asked)
    found = list(entries.values_list("output_id", flat=True)[: MOST_LISTED + 1])
    if len(found) <= MOST_LISTED:
        return rows.filter(pk__in=found)
    said = ExpressionWrapper(Q(words__contains=asked), output_field=BooleanField())
    return rows.filter(Subquery(SearchEntry.objects.filter(output_id=OuterRef("pk")).values(said=said)))


def words_of(text: str) -> set[str]:
    found: set[str] = set()
    for word in _words(text, every_sign=True):
        found.add(word)
        if len(found) == MOST_WORDS:
            break
    return found


def asked_words(text: str) -> set[str]:
    """A longer run of signs is found by its pairs; asking for each sign besides would find nothing less."""
    return set(list(dict.fromkeys(_words(text, every_sign=False)))[:MOST_ASKED])


def numbers(org_code: UUID, words: set[str]) -> list[int]:
    """As large as a bigint."""
    return sorted(_number(org_code, word) for word in words)


def _number(org_code: UUID, word: str) -> int:
    digest = blake2b(word.encode(errors="surrogatepass"), key=org_code.bytes, digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _words(text: str, *, every_sign: bool) -> Iterator[str]:
    for dense, plain in PIECE.findall(_folded(text)):
        if plain:
            yield _singular(plain)
            continue
        yield from (dense[at : at + 2] for at in range(len(dense) - 1))
        if every_sign or len(dense) == 1:
            yield from dense


def _folded(text: str) -> str:
    """“Café”, “CAFE” and the same in full width are one; Japanese and Indian marks are letters and stay."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", ACCENTS.sub("", apart)).casefold()


def _singular(word: str) -> str:
    """“Cats” finds “cat”. No more of grammar than that: it must do no harm in a language that it was not made for."""
    return word[:-1] if len(word) >= SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss") else word
