"""How every form of Darkroom is drawn: FORM_RENDERER = "saas.forms.Renderer", and the widgets of our own."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CheckboxInput, Field, RadioSelect, TextInput
from django.forms.renderers import TemplatesSetting

from saas import money


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


class MoneyField(Field):
    """Dollars as people type them, micro-dollars as the program counts. Empty is None."""

    widget = TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: object) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return money.parse(text)
        except money.NotMoney as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: object) -> object:
        return money.exact(value) if isinstance(value, int) else value

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return initial != self.to_python(data)
        except ValidationError:
            return True
