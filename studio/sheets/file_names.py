"""Name the pictures of a sheet by a template such as `{sku}_{style}_{n:02}.{ext}`, so that no two are called alike."""

import re
from collections.abc import Iterable, Mapping, Sequence

from studio.catalogue.fields import closest, quote
from studio.files import names
from studio.models import Sheet, SheetRow
from studio.sheets.mapping import key_of
from studio.sheets.refusals import SheetRefused

USUAL = "{row:04}-{words}"
OWN = ("row", "variant", "n", "style", "words", "ext")  # beside the columns
NUMBERS = ("row", "variant", "n")
PLACEHOLDER = re.compile(r"\{([^{}:]*)(?::0?(\d{1,2}))?\}")
MOST_CHARACTERS = 120
WORDS_CHARACTERS = 40


def check(template: str, columns: Sequence[str]) -> None:
    """Raise SheetRefused if the template names what is neither a column nor known here."""
    known = {key_of(name) for name in columns} | set(OWN)
    for match in PLACEHOLDER.finditer(template):
        name = key_of(match[1])
        if name not in known:
            sentence = f"File names cannot have {quote('{' + match[1] + '}')}. There is no such column."
            raise SheetRefused("unknown_column", sentence, "names", closest(name, sorted(known)))


def stems_of(sheet: Sheet, rows: Iterable[SheetRow]) -> dict[int, list[str]]:
    """Return the names without their endings of all pictures that each row has or will have, by the row's key. A name
    that comes again, in whatever case, gets a number; so a name does not depend on what is finished."""
    template = (sheet.names or USUAL).removesuffix(".{ext}").replace("{ext}", "")
    taken: set[str] = set()
    found: dict[int, list[str]] = {}
    for row in rows:
        values = dict(zip(map(key_of, sheet.columns), row.cells, strict=False))
        count = max(1, row.pictures)
        plain = [_filled(template, {**values, **_own(row, place)}) for place in range(1, count + 1)]
        if len(set(plain)) < count:  # the template does not tell the pictures of a row apart
            plain = [f"{stem}-{place}" for place, stem in enumerate(plain, start=1)]
        found[row.pk] = [_free(stem, taken) for stem in plain]
    return found


def _own(row: SheetRow, place: int) -> dict[str, str]:
    styles = row.asked.get("styles") or []
    each = max(1, row.pictures // len(styles)) if styles else 1
    style = str(styles[min((place - 1) // each, len(styles) - 1)]) if styles else ""
    words = names.safe(str(row.asked.get("prompt", ""))[:200], most=WORDS_CHARACTERS).lower() or "picture"
    return {"row": str(row.number), "variant": str(row.variant + 1), "n": str(place), "style": style, "words": words}


def _filled(template: str, values: Mapping[str, str]) -> str:
    def put(match: re.Match[str]) -> str:
        value = values.get(key_of(match[1]), "")
        return value.zfill(int(match[2])) if match[2] and value.isdecimal() else value

    return names.safe(PLACEHOLDER.sub(put, template), most=MOST_CHARACTERS) or "picture"


def _free(stem: str, taken: set[str]) -> str:
    name, times = stem, 1
    while name.casefold() in taken:
        times += 1
        name = f"{stem}-{times}"
    taken.add(name.casefold())
    return name
