"""Determine the kind of a run (generate, edit or respond) and its API, and check that its pictures go with them."""

from studio.catalogue.fields import FieldReader, closest, listing, quote
from studio.models import ImageModel

GENERATE, EDIT, RESPOND = KINDS = ("generate", "edit", "respond")
APIS = {GENERATE: "images", EDIT: "images", RESPOND: "responses"}
FEATHER_MAX, FEATHER_DEFAULT = 64, 16  # pixels of the input
LONELY_MASK = "A mask belongs to a reference picture. Add the picture, or remove the mask."


def read_pictures(reader: FieldReader) -> tuple[int, bool]:
    references = reader.whole("references", "The number of reference pictures", 0)
    if references < 0:
        reader.refuse("references", "out_of_range", "The number of reference pictures cannot be negative.", "0")
    return references, reader.flag("mask", "The mask")


def read_keep_rest(reader: FieldReader, has_mask: bool) -> tuple[bool, int]:
    """Return whether everything outside the mask is kept exactly, and the width of the feather. A masked edit keeps it
    unless that is switched off."""
    keep_rest = reader.flag("keep_rest", "Keep everything else") if "keep_rest" in reader else has_mask
    feather = reader.whole("feather", "The feather", FEATHER_DEFAULT if keep_rest else 0)
    if not 0 <= feather <= FEATHER_MAX:
        reader.refuse("feather", "out_of_range", f"The feather must be between 0 and {FEATHER_MAX} pixels.")
        feather = FEATHER_DEFAULT
    if keep_rest and not has_mask and not reader.is_refused("mask"):
        reader.refuse("keep_rest", "unsupported", "Without a mask there is nothing else to keep. Add a mask.")
    return keep_rest, feather if keep_rest else 0


def read_kind(reader: FieldReader, references: int) -> str:
    """Return the kind asked for, or the one that references and API imply."""
    implied = RESPOND if reader.values.get("api") == APIS[RESPOND] else GENERATE
    value = reader.text("kind", "The kind of run", EDIT if references > 0 else implied)
    if value in KINDS:
        return value
    meant = closest(value, KINDS)
    reader.refuse("kind", "invalid_value", f"{quote(value)} is not a kind of run. Choose {listing(KINDS)}.", meant)
    return GENERATE


def read_api(reader: FieldReader, kind: str) -> str:
    """Return the API of the kind. Refuse another one."""
    expected = APIS[kind]
    value = reader.text("api", "The API", expected)
    if value == expected or reader.is_refused("kind", "api"):
        return expected
    if value in APIS.values():
        sentence = f"“{kind}” uses the API “{expected}”. Leave the API out, or change the kind of run."
        reader.refuse("api", "unsupported", sentence, expected)
    else:
        sentence = f"{quote(value)} is not an API that makes pictures. Choose images or responses."
        reader.refuse("api", "invalid_value", sentence, expected)
    return expected


def check_combination(kind: str, references: int, has_mask: bool, reader: FieldReader, model: ImageModel) -> None:
    """Refuse references, a mask or input fidelity that the kind of run does not use, and kinds that the model cannot
    do."""
    if reader.is_refused("kind", "references", "mask"):
        return
    if kind == "edit":
        _check_edit(references, has_mask, reader, model)
        return
    if references != 0:
        reader.refuse(
            "references", "unsupported", "Reference pictures are only used to edit. Choose edit, or remove them."
        )
    if has_mask:
        reader.refuse("mask", "unsupported", LONELY_MASK)
    if "input_fidelity" in reader and not reader.is_refused("input_fidelity"):
        reader.refuse(
            "input_fidelity", "unsupported", "Input fidelity applies to reference pictures, and there are none."
        )
    if kind == "respond" and not model.can_respond:
        reader.refuse("kind", "unsupported", f"{model.title} does not work through the Responses API.", "generate")


def _check_edit(references: int, has_mask: bool, reader: FieldReader, model: ImageModel) -> None:
    if not model.can_edit:
        reader.refuse("kind", "unsupported", f"{model.title} cannot edit pictures.", "generate")
        return
    if references < 1:
        reader.refuse("references", "required", "Add the picture that you want to edit.")
    if references > model.references_max:
        reader.refuse(
            "references",
            "out_of_range",
            f"{references} reference pictures are too many: {model.references_max} at most.",
        )
    if has_mask and not model.can_mask:
        reader.refuse("mask", "unsupported", f"{model.title} does not accept a mask.")
    elif has_mask and references < 1:
        reader.refuse("mask", "unsupported", LONELY_MASK)
