"""Draw all forms of Darkroom: FORM_RENDERER = "saas.web.forms.Renderer", and our own widgets and fields."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CheckboxInput, Field, RadioSelect, TextInput
from django.forms.renderers import TemplatesSetting

from saas.text import money


class Renderer(TemplatesSetting):
    """A renderer that gives `{{ form }}` and `{{ form.name.as_field_group }}` our label, hint and error."""

    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"


class Switch(CheckboxInput):
    """A checkbox that reads as on or off, for settings. A plain checkbox is for agreeing and choosing."""

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
    """An amount that is typed in dollars and cleaned to micro-dollars. Empty is None."""

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
