"""Find pictures by the words of their prompt, in any language.

A word is a run of letters and digits, lower-cased, without accents. Chinese, Japanese, Korean and Thai put no spaces
between words, so there each character and each pair of neighbouring characters is a word. Words are stored as
numbers: hashes under a key of the organization, derived from ENCRYPTION_KEYS. The same word has different numbers in
two organizations, and a copy of the database without those keys shows how often a word occurs, but not which word."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from saas.crypto import sealing
from studio.models import Output, SearchEntry
from studio.models.wording import own_words

MOST_WORDS = 2000  # of one prompt, which has at most 32,000 characters
MOST_ASKED = 20
MOST_LISTED = 1000
ACCENTS = re.compile("[\u0300-\u036f]+")
DENSE = "\u0e00-\u0eff\u1100-\u11ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003134f"
PIECE = re.compile(rf"([{DENSE}]+)|([^\W_{DENSE}]+)")
SHORTEST_PLURAL = 4


def words_for(org_code: UUID, prompt: str, revised_prompt: str) -> list[int]:
    """Return the words under which a picture is found, as its entry stores them."""
    return numbers(org_code, words_of(f"{own_words(prompt)}\n{revised_prompt}"))


def entry_of(output: Output, prompt: str, revised_prompt: str) -> SearchEntry:
    words = words_for(output.org.code, prompt, revised_prompt)
    return SearchEntry(output_id=output.pk, org_id=output.org_id, words=words, key_id=current_key_id())


def among(rows: "QuerySet[Output]", org_code: UUID, text: str) -> "QuerySet[Output]":
    """Narrow an organization's pictures to those with all the words of `text`; to none if it has no words.

    Up to MOST_LISTED matches are filtered by their ids. Words with more matches are checked by a subquery for each
    picture, newest first: it stops after one page, and PostgreSQL cannot turn it into a join that reads all matches."""
    asked = asked_words(text)
    if not asked:
        return rows.none()
    has_all = Q()
    for key in _every_key(org_code):
        has_all |= Q(words__contains=_under(key, asked))
    found = list(SearchEntry.objects.filter(has_all).values_list("output_id", flat=True)[: MOST_LISTED + 1])
    if len(found) <= MOST_LISTED:
        return rows.filter(pk__in=found)
    said = ExpressionWrapper(has_all, output_field=BooleanField())
    return rows.filter(Subquery(SearchEntry.objects.filter(output_id=OuterRef("pk")).values(said=said)))


def words_of(text: str) -> set[str]:
    found: set[str] = set()
    for word in _words(text, every_sign=True):
        found.add(word)
        if len(found) == MOST_WORDS:
            break
    return found


def asked_words(text: str) -> set[str]:
    """Return the words to search for. In text without spaces pairs suffice: single characters would exclude nothing
    more, so only a lone one is used."""
    return set(list(dict.fromkeys(_words(text, every_sign=False)))[:MOST_ASKED])


def numbers(org_code: UUID, words: set[str]) -> list[int]:
    """Return the words' hashes under the newest key, each in the range of a bigint."""
    return _under(_keys(org_code)[0], words)


def current_key_id() -> int:
    """Return the id of the newest key, as entries store it. The key cannot be derived from it."""
    return int.from_bytes(sealing.hashing_keys("search")[0][:4]) >> 1 or 1


def _keys(org_code: UUID) -> list[bytes]:
    return sealing.hashing_keys(f"search:{org_code}")


def _every_key(org_code: UUID) -> list[bytes]:
    """Return all keys that entries may have. Until `studio.gallery.reindex` has rebuilt it, an entry may have an older
    key or, from versions before 2026-12, the organization's code."""
    return [*_keys(org_code), org_code.bytes]


def _under(key: bytes, words: set[str]) -> list[int]:
    return sorted(_number(key, word) for word in words)


def _number(key: bytes, word: str) -> int:
    digest = blake2b(word.encode(errors="surrogatepass"), key=key, digest_size=8).digest()
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
    """Remove case, accents and full-width forms, so that “Café” equals “CAFE”. Japanese and Indian marks are parts of
    letters and stay."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", ACCENTS.sub("", apart)).casefold()


def _singular(word: str) -> str:
    """Remove a plural “s”, so that “cats” finds “cat”. Further rules of English would do harm in other languages."""
    return word[:-1] if len(word) >= SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss") else word
