"""Determine the kind of a run (generate, edit or respond) and its API, and check that its pictures go with them."""

from studio.catalogue.fields import Asked, closest, listing, quote
from studio.models import ImageModel

GENERATE, EDIT, RESPOND = KINDS = ("generate", "edit", "respond")
APIS = {GENERATE: "images", EDIT: "images", RESPOND: "responses"}
FEATHER_MAX, FEATHER_DEFAULT = 64, 16  # pixels of the input
LONELY_MASK = "A mask belongs to a reference picture. Add the picture, or remove the mask."


def pictures(given: Asked) -> tuple[int, bool]:
    references = given.whole("references", "The number of reference pictures", 0)
    if references < 0:
        given.refuse("references", "out_of_range", "The number of reference pictures cannot be negative.", "0")
    return references, given.flag("mask", "The mask")


def keeping(given: Asked, has_mask: bool) -> tuple[bool, int]:
    """Return whether everything outside the mask is kept exactly, and the width of the feather. A masked edit keeps it
    unless that is switched off."""
    keep_rest = given.flag("keep_rest", "Keep everything else") if "keep_rest" in given else has_mask
    feather = given.whole("feather", "The feather", FEATHER_DEFAULT if keep_rest else 0)
    if not 0 <= feather <= FEATHER_MAX:
        given.refuse("feather", "out_of_range", f"The feather must be between 0 and {FEATHER_MAX} pixels.")
        feather = FEATHER_DEFAULT
    if keep_rest and not has_mask and not given.is_refused("mask"):
        given.refuse("keep_rest", "unsupported", "Without a mask there is nothing else to keep. Add a mask.")
    return keep_rest, feather if keep_rest else 0


def kind(given: Asked, references: int) -> str:
    """Return the kind asked for, or the one that references and API imply."""
    implied = RESPOND if given.values.get("api") == APIS[RESPOND] else GENERATE
    value = given.text("kind", "The kind of run", EDIT if references > 0 else implied)
    if value in KINDS:
        return value
    meant = closest(value, KINDS)
    given.refuse("kind", "invalid_value", f"{quote(value)} is not a kind of run. Choose {listing(KINDS)}.", meant)
    return GENERATE


def api(given: Asked, kind: str) -> str:
    """Return the API of the kind. Refuse another one."""
    expected = APIS[kind]
    value = given.text("api", "The API", expected)
    if value == expected or given.is_refused("kind", "api"):
        return expected
    if value in APIS.values():
        sentence = f"“{kind}” uses the API “{expected}”. Leave the API out, or change the kind of run."
        given.refuse("api", "unsupported", sentence, expected)
    else:
        sentence = f"{quote(value)} is not an API that makes pictures. Choose images or responses."
        given.refuse("api", "invalid_value", sentence, expected)
    return expected


def check_combination(kind: str, references: int, has_mask: bool, given: Asked, model: ImageModel) -> None:
    """Refuse references, a mask or input fidelity that the kind of run does not use, and kinds that the model cannot
    do."""
    if given.is_refused("kind", "references", "mask"):
        return
    if kind == "edit":
        _check_edit(references, has_mask, given, model)
        return
    if references != 0:
        given.refuse(
            "references", "unsupported", "Reference pictures are only used to edit. Choose edit, or remove them."
        )
    if has_mask:
        given.refuse("mask", "unsupported", LONELY_MASK)
    if "input_fidelity" in given and not given.is_refused("input_fidelity"):
        given.refuse(
            "input_fidelity", "unsupported", "Input fidelity applies to reference pictures, and there are none."
        )
    if kind == "respond" and not model.can_respond:
        given.refuse("kind", "unsupported", f"{model.title} does not work through the Responses API.", "generate")


def _check_edit(references: int, has_mask: bool, given: Asked, model: ImageModel) -> None:
    if not model.can_edit:
        given.refuse("kind", "unsupported", f"{model.title} cannot edit pictures.", "generate")
        return
    if references < 1:
        given.refuse("references", "required", "Add the picture that you want to edit.")
    if references > model.references_max:
        given.refuse(
            "references",
            "out_of_range",
            f"{references} reference pictures are too many: {model.references_max} at most.",
        )
    if has_mask and not model.can_mask:
        given.refuse("mask", "unsupported", f"{model.title} does not accept a mask.")
    elif has_mask and references < 1:
        given.refuse("mask", "unsupported", LONELY_MASK)
