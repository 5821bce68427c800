"""Write styles as JSON, and read them from it: all of a file or nothing. Reference pictures stay behind."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import Membership
from studio.catalogue.fields import Fault, SpecRefused
from studio.models import StyleVersion
from studio.styles import edit_styles
from studio.styles.edit_styles import Saying

FORMAT = "darkroom-styles/1"
LARGEST_BYTES = 1_000_000
MOST_AT_ONCE = 100
TEXTS = ("name", "description", "prompt", "solo", "group", "size", "quality")
LISTS = ("keeps", "frees")


def written(versions: Iterable[StyleVersion]) -> str:
    styles = [{name: getattr(version, name) for name in (*TEXTS, *LISTS)} for version in versions]
    return json.dumps({"format": FORMAT, "styles": styles}, ensure_ascii=False, indent=2)


@transaction.atomic
def read_in(*, by: Membership, data: bytes) -> list[StyleVersion]:
    """Make all styles of a file. Raise SpecRefused with its faults; then none is made."""
    made: list[StyleVersion] = []
    faults: list[Fault] = []
    for number, said in enumerate(_styles_of(data), start=1):
        try:
            made.append(edit_styles.make(by=by, saying=_saying(said), action="style.imported"))
        except SpecRefused as refusal:
            faults += [Fault(one.field, one.code, f"Style {number}: {one.sentence}") for one in refusal.errors]
    if faults:
        raise SpecRefused(faults)
    return made


def _styles_of(data: bytes) -> list[Any]:
    if len(data) > LARGEST_BYTES:
        raise _refusal(f"The file has more than {LARGEST_BYTES:,} bytes.")
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise _refusal("The file is not JSON.") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT or not isinstance(said.get("styles"), list):
        raise _refusal(f"The file has no styles in the format “{FORMAT}”. Choose one that was exported here.")
    if not 1 <= len(said["styles"]) <= MOST_AT_ONCE:
        raise _refusal(f"The file has {len(said['styles'])} styles. From 1 to {MOST_AT_ONCE} can be imported at once.")
    return list(said["styles"])


def _saying(said: Any) -> Saying:
    if not isinstance(said, dict) or set(said) - {*TEXTS, *LISTS}:
        raise _refusal("It is not written as a style.")
    for name in TEXTS:
        if not isinstance(said.get(name, ""), str):
            raise _refusal(f"“{name}” must be text.")
    for name in LISTS:
        if not isinstance(said.get(name, []), list) or not all(isinstance(one, str) for one in said.get(name, [])):
            raise _refusal(f"“{name}” must be a list of texts.")
    return Saying(**{"name": "", "prompt": "", **said})


def _refusal(sentence: str) -> SpecRefused:
    return SpecRefused([Fault("file", "invalid_value", sentence)])
