from typing import Any

from django import forms

from saas.web.forms import Segmented
from studio.models import ImageModel, Input, SheetLane
from studio.models.styles import DESCRIPTION_CHARACTERS, NAME_CHARACTERS
from studio.runs.prints import LARGEST, Enlargement
from studio.sheets.steer import MOST_SAMPLE
from studio.styles.edit_styles import PEOPLE_CHARACTERS, PROMPT_CHARACTERS, USERS, Saying
from studio.styles.wording import FREES, KEEPS


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


class StyleForm(forms.Form):
    """What a style says. Its values are checked by `studio.styles.edit_styles`."""

    name = forms.CharField(max_length=NAME_CHARACTERS)
    description = forms.CharField(
        max_length=DESCRIPTION_CHARACTERS, required=False, help_text="One line, for those who choose."
    )
    prompt = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=PROMPT_CHARACTERS,
        help_text="A verb and a medium, then three to five words on material, light and colour.",
    )
    keeps = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, required=False, label="It keeps", help_text="Of a picture that is edited."
    )
    frees = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False, label="It may change")
    solo = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=PEOPLE_CHARACTERS,
        required=False,
        label="If there is one person",
    )
    group = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=PEOPLE_CHARACTERS,
        required=False,
        label="If there are several people",
    )
    size = forms.ChoiceField(required=False, label="Size", help_text="Chosen along with the style.")
    quality = forms.ChoiceField(required=False)
    least_role = forms.ChoiceField(
        choices=[(role.value, words) for role, words in USERS.items()], widget=Segmented, label="Who may use it"
    )
    file = forms.FileField(
        required=False,
        label="Example picture",
        help_text="Sent along as the last picture, for its manner only.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    no_reference = forms.BooleanField(required=False, label="Remove the example picture")

    def __init__(self, *args: Any, model: ImageModel, saying: Saying, least_role: str) -> None:
        super().__init__(*args)
        self.initial = {**_words_of(saying), "least_role": least_role}
        self.saying = saying
        sizes = [(preset["size"], preset["title"]) for preset in model.size_presets]
        self._offer("size", [("", "As the request says"), *sizes], saying.size)
        self._offer("quality", [("", "As the request says"), *((one, one) for one in model.qualities)], saying.quality)
        self._offer("keeps", [(key, _sentence(words)) for key, words in KEEPS.items()], *saying.keeps)
        self._offer("frees", [(key, _sentence(words)) for key, words in FREES.items()], *saying.frees)
        if saying.reference is None:
            del self.fields["no_reference"]

    def said(self, reference: Input | None) -> Saying:
        """Return what the form says, with a new example picture if there is one."""
        kept = None if self.cleaned_data.get("no_reference") else self.saying.reference
        words = {name: self.cleaned_data[name] for name in _words_of(self.saying)}
        return Saying(**words, reference=reference or kept)

    def _offer(self, name: str, choices: list[tuple[str, str]], *said: str) -> None:
        """Offer these choices, and what the style says already in words of its own."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
        known = {value for value, _ in choices}
        field.choices = [*choices, *((one, one) for one in said if one not in known)]


class StylesFileForm(forms.Form):
    file = forms.FileField(
        label="JSON file",
        help_text="As it was exported here or elsewhere.",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )


def _words_of(saying: Saying) -> dict[str, Any]:
    names = ("name", "description", "prompt", "keeps", "frees", "solo", "group", "size", "quality")
    return {name: getattr(saying, name) for name in names}


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


class NewSheetForm(forms.Form):
    """The form of a new sheet. What it says is checked by `studio.sheets.make_sheet`."""

    file = forms.FileField(required=False, label="Table", help_text="CSV, TSV or XLSX, up to 10,000 rows.")
    cells = forms.CharField(
        required=False,
        label="Or paste cells",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "wrap": "off"}),
        help_text="From a spreadsheet, with the row of column names.",
    )
    template = forms.CharField(
        required=False,
        label="Template of the prompt",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Columns in braces. Without one, the column “prompt” is the prompt.",
    )
    pictures = forms.FileField(required=False, label="Reference pictures", help_text="A ZIP. A column names its files.")
    name = forms.CharField(required=False, label="Name of the sheet", max_length=80)
    names = forms.CharField(
        required=False, label="Names of the files", max_length=200, help_text="Such as {sku}_{style}_{n:02}.{ext}"
    )
    size = forms.CharField(required=False, max_length=20, help_text="Where a row does not say it, such as 1024x1536.")
    quality = forms.ChoiceField(
        required=False,
        widget=Segmented,
        choices=[("", "As usual"), ("low", "Low"), ("medium", "Medium"), ("high", "High")],
    )

    TEXTS = ("cells", "template", "name", "names", "size", "quality")

    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.TEXTS}


class StartSheetForm(forms.Form):
    """How a sheet is to be made."""

    lane = forms.ChoiceField(
        widget=Segmented,
        choices=SheetLane.choices,
        initial=SheetLane.NOW.value,
        help_text="Overnight costs half and takes up to a day.",
    )
    concurrency = forms.IntegerField(required=False, min_value=1, label="Rows at once")
    sample = forms.IntegerField(required=False, min_value=1, max_value=MOST_SAMPLE, initial=3, label="Sample")
    reuse = forms.BooleanField(required=False)
    at = forms.DateTimeField(required=False, label="Begin at")

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        concurrency = self.fields["concurrency"]
        concurrency.widget.attrs |= {"max": most, "placeholder": str(most), "inputmode": "numeric"}
