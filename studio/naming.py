"""What files are called that leave the house. Names from people are shown and packed, never used as a path here."""

import re
import unicodedata

from studio.models import Output, Run, RunInput, Slot

MOST_CHARACTERS = 60
EXTENSIONS = {"jpeg": "jpg"}
UNSAFE = re.compile(r"[^\w.-]+")
DOTS = re.compile(r"\.{2,}")


def of_output(run: Run, slot: Slot, output: Output) -> str:
    return f"{of_run(run)}-{slot.index + 1}.{extension(output.format)}"


def of_run(run: Run) -> str:
    """The first words of the prompt, and enough of the code to be the only one."""
    words = safe(run.prompt[:200], most=40).strip(".-_")
    return f"{words or 'run'}-{str(run.code)[:8]}".lower()


def of_input(given: RunInput) -> str:
    """Numbered as the prompt calls it, so no two are the same and none has a name that a system reserves."""
    part = "mask" if given.number == RunInput.MASK else f"image-{given.number}"
    stem = safe(given.input.name.rpartition(".")[0] or given.input.name)
    ending = extension(given.input.file.rpartition(".")[2])
    return f"{part}-{stem}.{ending}" if stem else f"{part}.{ending}"


def extension(format: str) -> str:  # noqa: A002 the word of the parameter
    return EXTENSIONS.get(format, format)


def safe(name: str, *, most: int = MOST_CHARACTERS) -> str:
    """Letters and digits of any script, dots, dashes and underscores."""
    plain = UNSAFE.sub("-", unicodedata.normalize("NFC", name))
    return DOTS.sub(".", plain).strip("-. ")[:most].strip("-. ")
