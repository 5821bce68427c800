from typing import Any

from django import forms

from saas.forms import Segmented
from studio.catalogue import Catalogue
from studio.models import ImageModel
from studio.prints import LARGEST, Enlargement


class PromptForm(forms.Form):
    """What the prompt bar sends. The rules are those of `studio.specs`; this only gives the fields their shape."""

    prompt = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Say what you want to see", "maxlength": 32000})
    )
    size = forms.ChoiceField()
    quality = forms.ChoiceField()
    n = forms.ChoiceField(choices=[("1", "1"), ("2", "2"), ("4", "4")], initial="4", widget=Segmented, label="Pictures")

    def __init__(self, *args: Any, models: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = models.default
        self._offer("size", [(preset["size"], preset["title"]) for preset in model.size_presets])
        self._offer("quality", [(quality, quality.capitalize()) for quality in model.qualities])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
        field.choices = choices

    def asked(self) -> dict[str, Any]:
        """In the words of `studio.specs`, with partial images so that the picture is seen to develop."""
        return {**self.cleaned_data, "n": int(self.cleaned_data["n"]), "partial_images": 2}


class PrintForm(forms.Form):
    """How keepers are printed. The rules are those of `studio.specs`."""

    enlarge = forms.ChoiceField(widget=Segmented, label="Size")
    quality = forms.ChoiceField(widget=Segmented)
    prompt = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}), label="What the model is told", strip=False, max_length=32000
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
