"""The form of an event. What it says is checked by `studio.booth.run_event`."""

from typing import Any
from uuid import UUID

from django import forms

from saas.web.forms import MoneyField, RadioCards, Switch
from studio.booth.run_event import PIN_DIGITS, Settings
from studio.models import ImageModel, Moderation, StyleVersion
from studio.models.booth import ATTRACT_CHARACTERS, CONSENT_CHARACTERS, NAME_CHARACTERS

COLOUR = r"^#[0-9a-fA-F]{6}$"
CONSENT = (
    "We take your photo and have a picture made of it by an image model of an outside provider. You see it on your own "
    "phone, and you can delete the photo and the pictures there at any time."
)
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español"), ("it", "Italiano")]
PICTURES = forms.FileInput(attrs={"accept": "image/png"})
MODERATION = {
    Moderation.OFF: "Every finished picture is on the wall.",
    Moderation.WALL: "Guests see theirs at once. Staff release what is on the wall.",
    Moderation.ALL: "Staff release each picture before anybody sees it, its guest included.",
}


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class BudgetForm(forms.Form):
    budget = MoneyField(help_text="In dollars. It may be raised at any time.")


class EventForm(forms.Form):
    name = forms.CharField(max_length=NAME_CHARACTERS, help_text="Guests see it.")
    starts_at = forms.DateTimeField(label="Starts", widget=_moment())
    ends_at = forms.DateTimeField(label="Ends", widget=_moment())
    styles = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, help_text="Guests choose up to four.")
    size = forms.ChoiceField()
    quality = forms.ChoiceField()
    saving_quality = forms.ChoiceField(
        required=False, label="Quality from 80 % of the budget on", help_text="So that the last guests get one, too."
    )
    budget = MoneyField(help_text="In dollars. No capture is taken that it might not pay.")
    captures_per_guest = forms.IntegerField(min_value=1, max_value=20, initial=3, label="Captures for each guest")
    photo_days = forms.IntegerField(
        min_value=0,
        max_value=365,
        initial=0,
        label="Days to keep guests' photos",
        help_text="0: until the pictures are finished.",
    )
    result_days = forms.IntegerField(
        min_value=0,
        max_value=365,
        initial=30,
        label="Days to keep the pictures",
        help_text="0: until the guest has downloaded them, at most a day.",
    )
    moderation = forms.ChoiceField(
        widget=RadioCards(MODERATION), choices=Moderation.choices, initial=Moderation.WALL, label="Staff release"
    )
    language = forms.ChoiceField(choices=LANGUAGES, label="Language of the kiosk's consent text")
    consent = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=CONSENT_CHARACTERS,
        initial=CONSENT,
        label="What guests agree to",
        help_text="Shown before the camera opens. A changed text is a new version.",
    )
    asks_age = forms.BooleanField(
        required=False, initial=True, widget=Switch, label="Guests must say that they are old enough"
    )
    attract = forms.CharField(
        required=False, max_length=ATTRACT_CHARACTERS, label="Text between two guests", help_text="One line."
    )
    colour = forms.RegexField(COLOUR, required=False, help_text="Such as #b3261e.")
    background = forms.RegexField(COLOUR, required=False, label="Background colour")
    logo = forms.FileField(required=False, widget=PICTURES, help_text="PNG.")
    overlay = forms.FileField(
        required=False, widget=PICTURES, help_text="A PNG with alpha, which we draw over each finished picture."
    )
    pin = forms.RegexField(
        rf"^[0-9]{{{PIN_DIGITS[0]},{PIN_DIGITS[1]}}}$",
        label="PIN",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="To leave the kiosk and to clear its queue. 4 to 12 digits.",
    )

    def __init__(self, *args: Any, model: ImageModel, styles: list[StyleVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sizes = [(preset["size"], preset["title"]) for preset in model.size_presets if preset["size"] != "auto"]
        qualities = [(one, one.capitalize()) for one in model.qualities if one != "auto"]
        self._offer("styles", [(str(one.style.code), one.name) for one in styles])
        self._offer("size", sizes)
        self._offer("quality", qualities)
        self._offer("saving_quality", [("", "The same"), *qualities])

    def leave_out(self, *names: str) -> None:
        """Leave out what is not changed by this form."""
        for name in names:
            del self.fields[name]

    def settings(self) -> Settings:
        said = self.cleaned_data
        return Settings(**{name: said[name] for name in Settings.__dataclass_fields__})

    @property
    def style_codes(self) -> list[UUID]:
        return [UUID(one) for one in self.cleaned_data["styles"]]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
        field.choices = choices
