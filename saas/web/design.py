"""Show developers and designers of Darkroom every component in every state and look."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from saas.web.forms import RadioCards, Segmented, Switch


@dataclass(frozen=True)
class Note:
    """A message like one of django.contrib.messages, which would write a session."""

    level_tag: str
    text: str

    def __str__(self) -> str:
        return self.text


LOOKS = ("system", "gallery", "darkroom", "crayon")
ROLES = {
    "viewer": "Sees the wall and the prices, touches nothing.",
    "member": "Makes pictures and keys within the quota.",
    "admin": "Invites people, sets limits, reads the audit log.",
}


class SampleForm(forms.Form):
    """One field of every kind. Nothing is stored."""

    name = forms.CharField(max_length=60, help_text="As colleagues will see it.")
    address = forms.EmailField(
        label="E-mail", required=False, widget=forms.EmailInput(attrs={"placeholder": "ada@example.com"})
    )
    password = forms.CharField(widget=forms.PasswordInput, help_text="At least ten characters.")
    model = forms.ChoiceField(choices=[("gpt-image-2", "gpt-image-2"), ("gpt-image-2.5", "gpt-image-2.5")])
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    expires = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    role = forms.ChoiceField(choices=[(role, role.title()) for role in ROLES], widget=RadioCards(ROLES))
    quality = forms.ChoiceField(
        choices=[("low", "Proof"), ("medium", "Medium"), ("high", "Print")], widget=Segmented, initial="low"
    )
    scopes = forms.MultipleChoiceField(
        choices=[("generate", "Generate"), ("read", "Read"), ("usage", "Usage")],
        widget=forms.CheckboxSelectMultiple,
        help_text="What the key may do.",
    )
    second_factor = forms.BooleanField(
        label="Require a second factor", required=False, widget=Switch, help_text="For everybody here."
    )
    terms = forms.BooleanField(label="I know that this cannot be undone")
    portrait = forms.FileField(required=False)
    locked = forms.CharField(required=False, disabled=True, initial="Only owners change this")


def sample_wrong() -> SampleForm:
    """Return the form as it comes back with mistakes, errors and the values that were typed."""
    typed = {"name": "A" * 61, "address": "ada(at)example", "model": "gpt-image-9"}
    form = SampleForm({f"wrong-{field}": text for field, text in typed.items()}, prefix="wrong")
    form.add_error(None, "Nothing was saved. Some fields need another look.")
    return form


def example_context() -> dict[str, Any]:
    """Return the context of an organization's page, to show the page frame without an organization."""
    rail = [
        {"name": "Studio", "icon": "studio"},
        {"name": "Gallery", "icon": "gallery"},
        {"name": "Usage", "icon": "usage"},
        {"name": "Team", "icon": "team"},
        {"name": "Keys", "icon": "key"},
        {"name": "Settings", "icon": "settings"},
    ]
    organizations = [
        {"name": "Northlight Studio", "slug": "northlight", "code": "1"},
        {"name": "Paper & Tray", "slug": "paper-and-tray", "code": "5"},
    ]
    return {
        "rail": [{**item, "url": f"#{item['icon']}", "current": item["name"] == "Team"} for item in rail],
        "organization": organizations[0],
        "memberships": [{"org": one, "get_role_display": "Member"} for one in organizations],
        "person": {"display_name": "Ada Lindqvist", "email": "ada@northlight.example", "code": "ada"},
        "people": [
            {"name": "Ada Lindqvist", "email": "ada@northlight.example", "role": "owner", "spent": "41.20"},
            {"name": "Bo Ferreira", "email": "bo@northlight.example", "role": "admin", "spent": "12.08"},
            {"name": "Chidi Okafor", "email": "chidi@northlight.example", "role": "member", "spent": "3.54"},
            {"name": "Dua Şahin", "email": "dua@northlight.example", "role": "viewer", "spent": "0.00"},
        ],
    }


@login_not_required
@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Show the page to staff, and to everyone if DEBUG or DESIGN_PAGE is set. Raise 404 otherwise."""
    is_open = settings.DEBUG or getattr(settings, "DESIGN_PAGE", False)
    if not is_open and not request.user.is_staff:
        raise Http404
    look = request.GET.get("look", "system")
    context = {
        **example_context(),
        "look": look if look in LOOKS else "system",
        "looks": LOOKS,
        "messages": [Note("success", "Invitation sent to Bo."), Note("error", "Chidi is the last owner.")],
        "form": SampleForm(prefix="right"),
        "wrong": sample_wrong(),
        "subnav": [
            {"name": "People", "url": "#people", "current": True},
            {"name": "Invitations", "url": "#invitations", "current": False},
            {"name": "Audit log", "url": "#log", "current": False},
        ],
        "crumbs": [{"name": "Settings", "url": "#settings"}, {"name": "Design", "url": ""}],
    }
    return render(request, "design/page.html", context)
