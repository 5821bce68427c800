from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.html import format_html

from accounts import api_keys
from accounts.connections import registry
from accounts.connections.registry import Terms
from accounts.models import (
    Look,
    Membership,
    Organization,
    ProviderConnection,
    ProviderKind,
    Role,
    Scope,
    User,
    Webhook,
    WebhookEvent,
    provider_kinds,
)
from accounts.models.connections import PROJECT_CHARACTERS, TEXT_MODEL
from accounts.people.organizations import RESERVED_SLUGS
from saas.web.forms import RadioCards, Switch

plain_slug = RegexValidator(
    r"\A[a-z0-9](-?[a-z0-9])*\Z",
    "Use lowercase letters, digits and single hyphens. Do not begin or end with a hyphen.",
)
plain_key = RegexValidator(r"\A[!-~]+\Z", "A key contains ASCII characters only, and no spaces.")
single_line = RegexValidator(r"\A[^\x00-\x1f\x7f]+\Z", "Enter a single line of text.")
# Names appear in e-mails to people without an account, so they must not contain a link.
no_address = RegexValidator(
    r"(?i)://|\bwww\.|\w\.\w{2,}/|\w@\w", "A name cannot contain web or e-mail addresses.", inverse_match=True
)


def plain_name(value: str) -> None:
    """Validate the name of a person or an organization: one line, without addresses."""
    single_line(value)
    no_address(value)


INVITABLE_ROLES = [Role.VIEWER, Role.MEMBER, Role.ADMIN]


class OrganizationForm(forms.Form):
    name = forms.CharField(max_length=80, validators=[plain_name], help_text="Your company, team or client.")
    slug = forms.CharField(
        max_length=40,
        min_length=2,
        label="Address",
        validators=[plain_slug],
        help_text="Part of every link to the organization. It stays the same when you rename it.",
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise forms.ValidationError("This address is reserved. Choose another.")
        return slug


class RenameForm(forms.ModelForm[Organization]):
    class Meta:
        model = Organization
        fields = ("name",)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        plain_name(name)
        return name


class TimeZoneForm(forms.Form):
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Daily and monthly limits reset at midnight in this time zone."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
        field.choices = [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class DeleteOrganizationForm(forms.Form):
    typed = forms.CharField(label="Type the organization's address to confirm")

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.slug:
            raise forms.ValidationError(f"This does not match. Type {self.slug}.")
        return typed


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name",)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name:
            plain_name(name)
        return name


class LookForm(forms.Form):
    look = forms.ChoiceField(choices=Look.choices)


class InviteForm(forms.Form):
    email = forms.EmailField(max_length=254, label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.TypedChoiceField(
        choices=[(role.value, role.label) for role in INVITABLE_ROLES],
        coerce=Role,
        initial=Role.MEMBER,
        widget=RadioCards({role.value: f"{role.explanation.capitalize()}." for role in INVITABLE_ROLES}),
    )


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role)


class ApiKeyForm(forms.Form):
    EXPIRIES = (
        ("", "Never"),
        ("7", "In 7 days"),
        ("30", "In 30 days"),
        ("90", "In 90 days"),
        ("365", "In a year"),
    )

    name = forms.CharField(
        max_length=80, validators=[single_line], help_text="What will use it, for example “Shop importer”."
    )
    scopes = forms.TypedMultipleChoiceField(
        coerce=Scope,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.GENERATE, Scope.READ],
        label="Permissions",
    )
    expires = forms.ChoiceField(choices=EXPIRIES, required=False, label="Expires")
    connection = forms.ModelChoiceField(
        queryset=ProviderConnection.objects.none(),
        required=False,
        to_field_name="code",
        empty_label="As usual: the organization's connection",
        label="Where its pictures come from",
        error_messages={"invalid_choice": "This connection may not be chosen any more."},
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [scope for scope in Scope if member.is_at_least(api_keys.ROLE_FOR_SCOPE[scope])]
        field = self.fields["scopes"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 narrows the type
        field.choices = [(scope.value, f"{scope.label}: {scope.explanation}") for scope in allowed]
        field.initial = [scope for scope in (Scope.GENERATE, Scope.READ) if scope in allowed]
        offered = registry.offered_in(member.org)
        if offered.exists():
            chosen = self.fields["connection"]
            assert isinstance(chosen, forms.ModelChoiceField)  # noqa: S101 narrows the type
            chosen.queryset = offered
        else:
            del self.fields["connection"]

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["expires"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class WebhookForm(forms.Form):
    url = forms.CharField(
        max_length=500,
        label="Address",
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://example.com/darkroom"}),
        help_text="Each message is a POST request with a JSON body. Addresses inside private networks are refused.",
    )
    events = forms.MultipleChoiceField(
        choices=WebhookEvent.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Notify when",
        error_messages={"required": "Choose at least one."},
    )

    @classmethod
    def for_webhook(cls, hook: Webhook) -> "WebhookForm":
        return cls(initial={"url": hook.url, "events": hook.events})


class ConnectionForm(forms.Form):
    kind = forms.TypedChoiceField(
        choices=lambda: [(name, kind.title) for name, kind in provider_kinds.offered().items()],
        coerce=str,
        widget=RadioCards({}),
        initial=ProviderKind.OPENAI.value,
    )
    name = forms.CharField(max_length=80, validators=[single_line])
    base_url = forms.CharField(
        max_length=300,
        required=False,
        label="Base URL",
        help_text="With its version, for example https://api.example.com/v1. Empty for OpenAI itself.",
    )
    key = forms.CharField(
        max_length=400,
        required=False,
        label="API key",
        validators=[plain_key],
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False),
        help_text="Stored encrypted. It cannot be shown again, not even to you.",
    )
    openai_organization = forms.CharField(
        max_length=80, required=False, label="OpenAI organization", validators=[plain_key]
    )
    openai_project = forms.CharField(max_length=80, required=False, label="OpenAI project", validators=[plain_key])
    calls_at_once = forms.IntegerField(
        min_value=1,
        max_value=500,
        required=False,
        label="Calls at once",
        help_text="How many pictures may be requested at the same time. Leave empty for this Darkroom's default.",
    )
    deadline_seconds = forms.IntegerField(
        min_value=10,
        max_value=1500,
        required=False,
        label="Longest wait in seconds",
        help_text="For one picture, from the request to the last byte. Leave empty for this Darkroom's default.",
    )
    position = forms.IntegerField(
        min_value=1,
        max_value=99,
        required=False,
        label="Takes over",
        help_text="When another connection has an outage, those with a number take over, the lowest first. "
        "Empty: this one never does.",
    )
    is_offered = forms.BooleanField(
        required=False,
        widget=Switch,
        label="May be chosen",
        help_text="Members can then choose it for a run, a preset or an API key.",
    )
    projects = forms.CharField(
        max_length=2000,
        required=False,
        label="Projects",
        help_text="Runs of these projects use this connection, unless another one is chosen. Separate them by commas.",
    )
    can_stream = forms.BooleanField(
        required=False,
        initial=True,
        widget=Switch,
        label="Supports streaming",
        help_text="Switch off for providers that send only finished pictures. You then see no previews.",
    )
    can_respond = forms.BooleanField(
        required=False,
        initial=True,
        widget=Switch,
        label="Supports the Responses API",
        help_text="Switch off for providers that have only the Images API.",
    )
    text_model = forms.CharField(
        max_length=80,
        required=False,
        initial=TEXT_MODEL,
        label="Text model",
        validators=[plain_key],
        help_text="The text model that leads the conversation in the Responses API and calls the image model.",
    )

    ADVANCED = (
        "openai_organization",
        "openai_project",
        "calls_at_once",
        "deadline_seconds",
        "position",
        "is_offered",
        "projects",
        "can_stream",
        "can_respond",
        "text_model",
    )
    TERMS = ADVANCED[2:]

    def __init__(self, *args: Any, connection: ProviderConnection | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cards = self.fields["kind"].widget
        assert isinstance(cards, RadioCards)  # noqa: S101 narrows the type
        cards.hints = {name: kind.explanation for name, kind in provider_kinds.offered().items()}
        if connection is not None:
            self._fit(connection)

    def clean_projects(self) -> tuple[str, ...]:
        named = [" ".join(part.split()) for part in self.cleaned_data["projects"].split(",")]
        if any(len(name) > PROJECT_CHARACTERS for name in named):
            raise forms.ValidationError(f"A project's name has at most {PROJECT_CHARACTERS} characters.")
        return tuple(dict.fromkeys(name for name in named if name))

    def main_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.ADVANCED]

    def advanced_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in self.ADVANCED]

    def has_advanced_errors(self) -> bool:
        return any(field.errors for field in self.advanced_fields())

    def values(self) -> dict[str, Any]:
        """Return the arguments for `registry.add` and `registry.change`."""
        values = {"base_url": "", "openai_organization": "", "openai_project": "", **self.cleaned_data}
        terms = {name: values.pop(name) for name in self.TERMS if name in values}
        if terms:
            values["terms"] = Terms(**{**terms, "text_model": terms.get("text_model") or TEXT_MODEL})
        return values

    def _fit(self, connection: ProviderConnection) -> None:
        """Fit the form to an existing connection, which keeps its kind; the key field takes only a new key."""
        del self.fields["kind"]
        if connection.has_key:
            self.fields["key"].label = "New API key"
            self.fields["key"].help_text = format_html(  # help texts are HTML, a key is not
                "Leave empty to keep the current key (it ends in {}).", connection.key_hint
            )
        for name in ("name", "base_url", *self.ADVANCED):
            self.initial.setdefault(name, getattr(connection, name))
        self.initial["projects"] = ", ".join(connection.projects)
        if connection.traits.is_built_in:
            kept = ("is_offered", "projects") if connection.traits.is_play else self.TERMS
            for name in ("base_url", "key", *self.ADVANCED):
                if name not in kept:
                    del self.fields[name]
