"""Find functions, classes, methods and imports that nothing in the product uses: bin/check runs this.

A name counts as used where Python uses it, where a template or a setting names it, or where a framework calls it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vulture import Vulture  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ["accounts", "billing", "saas", "studio", "tools", "bench", "manage.py"]
KINDS = {"class", "function", "import", "method", "property"}
TEXTS = ["templates/**/*.html", "studio/**/*.html", "saas/**/*.toml", "pyproject.toml", "deploy/**/*", "bin/*"]
WORD = re.compile(r"\w+")
DOTTED = re.compile(r'"([\w.]+)"')

# Called by a framework, by their names.
HOOKS = [
    *["Meta", "clean_*", "has_*_permission", "handle", "add_arguments", "get_readonly_fields", "save_model"],
    *[
        "create_superuser",
        "get_by_natural_key",
        "get_user",
        "prepare_value",
        "build_absolute_uri",
        "load_middleware",
        "get_response_async",
    ],  # Django
    *["receive_data_chunk", "file_complete", "get_many", "set_many", "delete_many", "_cache", "wrap_database_errors"],
    *["is_open_for_signup", "pre_social_login", "get_scope_from_request", "extract_email_addresses"],  # allauth
    *["send_mail", "get_reset_password_from_key_url", "get_email_confirmation_url", "get_client_ip"],
    "_get_login_attempts_cache_key",
    *["before_*", "after_*"],  # dramatiq
    *["kill_all_applications", "handleContentChunk"],  # daphne
    *["org_event", "access_ended"],  # channels
    *["log_message", "do_GET", "writable"],  # the standard library
    "ModelField",  # mypy reads it
]
DECORATORS = [
    *["@router.*", "@api.*", "@register.*", "@receiver*", "@admin.*", "@field_validator*"],
    *["@login_not_required", "@member_required*", "@dramatiq.*"],
]
FOR_TESTS = {"held_bytes"}  # what a test looks at to see that nothing is left behind


def main() -> int:
    found = list(scavenged())
    for item in found:
        print(item)
    return 1 if found else 0


def scavenged() -> Iterator[str]:
    finder = Vulture(ignore_names=[*HOOKS, *FOR_TESTS], ignore_decorators=DECORATORS)
    finder.scavenge([str(ROOT / name) for name in PRODUCT], exclude=["*/migrations/*"])
    named = words()
    for item in finder.get_unused_code(min_confidence=60):
        if item.typ in KINDS and item.name not in named:
            yield f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name} is used nowhere"


def words() -> set[str]:
    """Return what templates, configuration and dotted strings name."""
    found: set[str] = set()
    for pattern in TEXTS:
        for file in filter(Path.is_file, ROOT.glob(pattern)):
            found.update(WORD.findall(file.read_text(errors="ignore")))
    for package in PRODUCT:
        for file in (ROOT / package).rglob("*.py"):
            for dotted in DOTTED.findall(file.read_text()):
                found.update(dotted.split("."))
    return found


if __name__ == "__main__":
    sys.exit(main())
