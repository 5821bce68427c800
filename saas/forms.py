"""How every form of Darkroom is drawn: FORM_RENDERER = "saas.forms.Renderer", and the widgets of our own."""

from collections.abc import Mapping
from typing import Any

from django.forms import CheckboxInput, RadioSelect
from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """`{{ form }}` and `{{ form.name.as_field_group }}` come out with our label, hint and error."""

    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"


class Switch(CheckboxInput):
    """A checkbox that reads as on or off. For settings; a checkbox is for agreeing and choosing."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "switch", "role": "switch", **(attrs or {})})


class Segmented(RadioSelect):
    """Two to four short choices side by side."""

    template_name = "components/forms/segmented.html"


class RadioCards(RadioSelect):
    """Choices that need a sentence each: `hints` maps a value to its sentence."""

    template_name = "components/forms/radio_cards.html"

    def __init__(self, hints: Mapping[Any, str], attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.hints = {str(value): hint for value, hint in hints.items()}

    def create_option(  # noqa: PLR0917 - Django calls it by position
        self,
        name: str,
        value: object,
        label: int | str,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        return {**option, "hint": self.hints.get(str(value), "")}
