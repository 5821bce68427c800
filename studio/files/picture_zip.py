"""List what a ZIP of chosen pictures contains: the files with their names, and a description of each picture.
`studio.files.zip_stream` writes and sends it."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from studio.files import names
from studio.files.zip_stream import Archive, Member
from studio.models import Output

MOST_PICTURES = 2000


def archive_of_pictures(outputs: Iterable[Output], *, folder: str, with_prompts: bool = True) -> Archive:
    """Return the archive of these pictures. Its list is complete before the first byte is sent; no file is read yet."""
    members, listed = [], []
    for number, output in enumerate(outputs, start=1):
        shown = output.shown
        name = f"{stem(number, output, with_prompts=with_prompts)}.{names.extension(shown.format)}"
        members.append(Member(name, shown.file))
        listed.append(_line(output, name, with_prompts))
    return Archive(names.safe(folder) or "pictures", timezone.now(), {"pictures": listed}, tuple(members))


def stem(number: int, output: Output, *, with_prompts: bool) -> str:
    """Return what a picture is called among others: by its number and, if it may be shown, its prompt."""
    return f"{number:04}-{_words(output, with_prompts)}"


def _words(output: Output, with_prompts: bool) -> str:
    words = names.safe(output.run.prompt[:200], most=40) if with_prompts else ""
    return words.lower() or "picture"


def _line(output: Output, name: str, with_prompts: bool) -> dict[str, Any]:
    shown = output.shown
    size = {"width": shown.width, "height": shown.height, "size_bytes": shown.size_bytes}
    line = {"file": name, "code": str(output.code), "sha256": shown.sha256, **size}
    if with_prompts:
        made_by = {"prompt": output.run.prompt, "model": output.model, "quality": output.quality}
        line |= {**made_by, "created_at": output.created_at.isoformat(), "stars": output.stars}
    return line
