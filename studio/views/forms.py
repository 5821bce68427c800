from typing import Any

from django import forms

from saas.web.forms import Segmented
from studio.models import ImageModel
from studio.runs.prints import LARGEST, Enlargement


class PrintForm(forms.Form):
    """The form for printing keepers. Its values are checked by `studio.catalogue.specs`."""

    enlarge = forms.ChoiceField(widget=Segmented, label="Size")
    quality = forms.ChoiceField(widget=Segmented)
    prompt = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}), label="Instructions for the model", strip=False, max_length=32000
    )

    def __init__(
        self, *args: Any, model: ImageModel, enlargements: list[Enlargement], words: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        sizes = [(one.value, f"{one.size.width} \u00d7 {one.size.height}") for one in enlargements]
        qualities = [(name, name.capitalize()) for name in model.qualities if name not in {"auto", "low"}]
        self._offer("enlarge", sizes, "2" if any(value == "2" for value, _ in sizes) else LARGEST)
        self._offer("quality", qualities, "high")
        self.fields["prompt"].initial = words

    def _offer(self, name: str, choices: list[tuple[str, str]], initial: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
        field.choices = choices
        values = [value for value, _ in choices]
        field.initial = initial if initial in values else next(iter(values[-1:]), "")

    def initial_values(self) -> dict[str, Any]:
        return {name: field.initial for name, field in self.fields.items()}
