from typing import Any

from django import forms

from saas.forms import Segmented
from studio.catalogue import Catalogue


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
