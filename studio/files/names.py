"""Name files for downloads and ZIPs. Names that people chose are shown and packed, but never used as storage paths."""

import re
import unicodedata

from studio.models import Composite, Input, Output, Partial, Run, RunInput, Slot

SECOND_PICTURE = 100  # studio.engine.store_frames numbers extra pictures of a try from here, partials below
MOST_CHARACTERS = 60
EXTENSIONS = {"jpeg": "jpg"}
UNSAFE = re.compile(r"[^\w.-]+")
DOTS = re.compile(r"\.{2,}")


def of_output(run: Run, slot: Slot, output: Output) -> str:
    """Return the name of an output that is downloaded alone."""
    return f"{stem_of_picture(run, slot)}.{extension(output.format)}"


def stem_of_picture(run: Run, slot: Slot) -> str:
    """Return what files of a slot are called when they are downloaded alone: by the prompt and the picture's number."""
    return f"{of_run(run)}-{slot.index + 1}"


def of_lone_composite(output: Output) -> str:
    return f"{stem_of_picture(output.run, output.slot)}-kept-exactly.{ending(output.composite.file)}"


def of_lone_partial(partial: Partial, file: str) -> str:
    slot = partial.slot
    inside = of_partial(slot, partial).rpartition(".")[0].partition("-")[2]
    return f"{stem_of_picture(slot.run, slot)}-{inside}.{ending(file)}"


def of_final(slot: Slot, output: Output) -> str:
    """Return the output's name inside its run's folder; the names below are in that folder, too."""
    return f"{slot.index + 1}-final.{ending(output.file)}"


def of_composite(slot: Slot, composite: Composite) -> str:
    return f"{slot.index + 1}-kept-exactly.{ending(composite.file)}"


def of_partial(slot: Slot, partial: Partial) -> str:
    tried = f"try-{partial.tried}-" if slot.tries > 1 else ""
    name = "second-picture" if partial.index >= SECOND_PICTURE else f"partial-{partial.index + 1}"
    return f"partials/{slot.index + 1}-{tried}{name}.{ending(partial.file)}"


def of_run(run: Run) -> str:
    """Return the first words of the prompt, with eight characters of the code to make the name unique."""
    words = safe(run.prompt[:200], most=40).strip(".-_")
    return f"{words or 'run'}-{str(run.code)[:8]}".lower()


def of_input(given: RunInput) -> str:
    """Return a name with the number that the prompt uses, so that it is unique and never one that a system reserves."""
    part = "mask" if given.number == RunInput.MASK else f"image-{given.number}"
    stem = safe(given.input.name.rpartition(".")[0] or given.input.name)
    name = f"{part}-{stem}" if stem else part
    return f"inputs/{name}.{ending(given.input.file)}"


def of_lone_input(given: Input, file: str) -> str:
    return f"{safe(given.name.rpartition('.')[0] or given.name) or 'picture'}.{ending(file)}"


def ending(file: str) -> str:
    """Return the extension of a stored file. Storage names are made by us, so it is trusted."""
    return extension(file.rpartition(".")[2])


def extension(format: str) -> str:  # noqa: A002 the word of the parameter
    return EXTENSIONS.get(format, format)


def safe(name: str, *, most: int = MOST_CHARACTERS) -> str:
    """Reduce a name to letters and digits of any script, dots, dashes and underscores."""
    plain = UNSAFE.sub("-", unicodedata.normalize("NFC", name))
    return DOTS.sub(".", plain).strip("-. ")[:most].strip("-. ")
