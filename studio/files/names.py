"""What files are called that leave the house. Names from people are shown and packed, never used as a path here."""

import re
import unicodedata

from studio.models import Composite, Output, Partial, Run, RunInput, Slot

SECOND_PICTURE = 100  # as studio.keeping numbers what is no partial
MOST_CHARACTERS = 60
EXTENSIONS = {"jpeg": "jpg"}
UNSAFE = re.compile(r"[^\w.-]+")
DOTS = re.compile(r"\.{2,}")


def of_output(run: Run, slot: Slot, output: Output) -> str:
    """As it is downloaded alone."""
    return f"{of_run(run)}-{slot.index + 1}.{extension(output.format)}"


def of_final(slot: Slot, output: Output) -> str:
    """Inside the folder of its run, as are the names below."""
    return f"{slot.index + 1}-final.{ending(output.file)}"


def of_composite(slot: Slot, composite: Composite) -> str:
    return f"{slot.index + 1}-kept-exactly.{ending(composite.file)}"


def of_partial(slot: Slot, partial: Partial) -> str:
    tried = f"try-{partial.tried}-" if slot.tries > 1 else ""
    name = "second-picture" if partial.index >= SECOND_PICTURE else f"partial-{partial.index + 1}"
    return f"partials/{slot.index + 1}-{tried}{name}.{ending(partial.file)}"


def of_run(run: Run) -> str:
    """The first words of the prompt, and enough of the code to be the only one."""
    words = safe(run.prompt[:200], most=40).strip(".-_")
    return f"{words or 'run'}-{str(run.code)[:8]}".lower()


def of_input(given: RunInput) -> str:
    """Numbered as the prompt calls it, so no two are the same and none has a name that a system reserves."""
    part = "mask" if given.number == RunInput.MASK else f"image-{given.number}"
    stem = safe(given.input.name.rpartition(".")[0] or given.input.name)
    name = f"{part}-{stem}" if stem else part
    return f"inputs/{name}.{ending(given.input.file)}"


def ending(file: str) -> str:
    """Of a file that is kept here, whose name is our own."""
    return extension(file.rpartition(".")[2])


def extension(format: str) -> str:  # noqa: A002 the word of the parameter
    return EXTENSIONS.get(format, format)


def safe(name: str, *, most: int = MOST_CHARACTERS) -> str:
    """Letters and digits of any script, dots, dashes and underscores."""
    plain = UNSAFE.sub("-", unicodedata.normalize("NFC", name))
    return DOTS.sub(".", plain).strip("-. ")[:most].strip("-. ")
