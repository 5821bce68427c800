"""Check each field of a request against what one model accepts. Each method returns the value and refuses a bad one by
adding a fault to `given`."""

import re
from collections.abc import Sequence

from studio.catalogue.fields import FieldReader, closest, listing, quote
from studio.catalogue.image_models import Catalogue
from studio.imaging.sizes import Size, nearest
from studio.models import ImageModel

COMPRESSIBLE = ("jpeg", "webp")
TRANSPARENT_FORMATS = ("png", "webp")
AS_PROGRAMS_SAY = re.compile(r"([1-9][0-9]{0,8})x([1-9][0-9]{0,8})", re.ASCII)
AS_PEOPLE_SAY = re.compile(r"\s*([1-9][0-9]{0,8})\s*[xX*\u00d7]\s*([1-9][0-9]{0,8})\s*", re.ASCII)
SYNONYMS = {"jpg": "jpeg", "max": "high", "hd": "high", "standard": "medium"}


class Rules:
    def __init__(self, reader: FieldReader, model: ImageModel, models: Catalogue) -> None:
        self.given, self.model, self.models = reader, model, models

    def prompt(self, *, is_needed: bool = True) -> str:
        prompt = self.given.text("prompt", "The prompt", "")
        if self.given.is_form:
            prompt = prompt.replace("\r\n", "\n")  # browsers send a line break as two characters and count it as one
        if not is_needed and not _says_anything(prompt):
            return ""
        fault = self._prompt_fault(prompt)
        if fault is not None and not self.given.is_refused("prompt"):
            self.given.refuse("prompt", *fault)
        return prompt

    def _prompt_fault(self, prompt: str) -> tuple[str, str] | None:
        limit = self.model.prompt_limit_characters
        if not _says_anything(prompt):
            return "required", "Write a prompt: say what the picture should show."
        if len(prompt) > limit:
            return "too_long", f"The prompt has {len(prompt):,} characters. The limit is {limit:,}."
        if "\0" in prompt:
            return "invalid_value", "The prompt contains an invisible character (NUL) that cannot be sent. Remove it."
        if any("\ud800" <= char <= "\udfff" for char in prompt):
            return "invalid_value", "The prompt contains a broken character, perhaps half an emoji. Remove it."
        return None

    def size(self) -> str:
        asked, rule = self.given.text("size", "The size", "auto"), self.model.sizes
        if asked == "auto" and rule.allows_auto:
            return asked
        match = (AS_PEOPLE_SAY if self.given.is_form else AS_PROGRAMS_SAY).fullmatch(asked)
        if match is None:
            self.given.refuse(
                "size", "invalid_value", f"The size {quote(asked)} is not written as WIDTHxHEIGHT.", "1024x1024"
            )
            return asked
        size = Size(int(match[1]), int(match[2]))
        if faults := rule.faults(size):
            best = str(nearest(*size, rule))
            self.given.refuse(
                "size",
                "invalid_value",
                f"{quote(str(size))} cannot be made: {listing(faults, 'and')}. The nearest size is {best}.",
                best,
            )
        return str(size)

    def choice(self, field: str, label: str, options: Sequence[str], *, default: str = "auto") -> str:
        value = self.given.text(field, f"The {label}", default)
        if value not in options:
            meant = SYNONYMS.get(value.lower(), "")
            self.given.refuse(
                field,
                "invalid_value",
                f"{self.model.title} has no {label} {quote(value)}. Choose {listing(options)}.",
                meant if meant in options else closest(value, options),
            )
        return value

    def count(self, field: str, label: str, least: int, most: int, *, default: int) -> int:
        value = self.given.whole(field, label, default)
        if not least <= value <= most:
            self.given.refuse(
                field,
                "out_of_range",
                f"{label} must be between {least} and {most}.",
                str(min(max(value, least), most)),
            )
        return value

    def compression(self) -> int | None:
        if "compression" not in self.given:
            return None
        value = self.count("compression", "The compression", 0, 100, default=100)
        image_format = self.given.values.get("format", "png")
        if image_format in self.model.formats and image_format not in COMPRESSIBLE:
            self.given.refuse(
                "compression",
                "unsupported",
                "Compression works for JPEG and WebP only. Leave it out, or choose one of these formats.",
            )
        return value

    def background(self) -> str:
        value = self.given.values.get("background", "auto")
        if value == "transparent" and not self.model.can_be_transparent:
            self.given.refuse("background", "unsupported", self._why_not_transparent(), "opaque")
            return "transparent"
        image_format = self.given.values.get("format", "png")
        if value == "transparent" and image_format in self.model.formats and image_format not in TRANSPARENT_FORMATS:
            self.given.refuse(
                "background",
                "unsupported",
                "A transparent background needs PNG or WebP: JPEG cannot keep it. Change the format or the background.",
                "opaque",
            )
        return self.choice("background", "background", self.model.backgrounds)

    def _why_not_transparent(self) -> str:
        sentences = [f"{self.model.title} cannot make a transparent background."]
        sentences += [reason] if (reason := self.model.reasons.get("background")) else []
        able = [model.title for model in self.models.models if model.can_be_transparent]
        sentences += [f"{listing(able, 'and')} can."] if able else []
        return " ".join(sentences)

    def partial_images(self) -> int:
        value = self.count(
            "partial_images", "The number of partial images", 0, self.model.partial_images_max, default=0
        )
        if value > 0 and not self.model.can_stream and not self.given.is_refused("partial_images"):
            self.given.refuse(
                "partial_images", "unsupported", f"{self.model.title} cannot show a picture while it develops.", "0"
            )
        return value

    def input_fidelity(self) -> str | None:
        if "input_fidelity" not in self.given:
            return None
        if self.model.input_fidelities:
            return self.choice("input_fidelity", "input fidelity", self.model.input_fidelities)
        reason = self.model.reasons.get("input_fidelity", "")
        sentence = f"{self.model.title} has no setting for input fidelity. {reason} Leave it out."
        self.given.refuse("input_fidelity", "unsupported", " ".join(sentence.split()))
        return None


def _says_anything(prompt: str) -> bool:
    return any(char.isprintable() and not char.isspace() for char in prompt)
