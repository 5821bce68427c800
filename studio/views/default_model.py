from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from accounts.people import organizations
from studio.catalogue import image_models
from studio.catalogue.image_models import Catalogue


class DefaultModelForm(forms.Form):
    model = forms.ChoiceField(required=False, label="Model of requests that name none")

    def __init__(self, *args: Any, models: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["model"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
        usual = f"As usual: {models.default.title}"
        field.choices = [("", usual), *((model.name, model.title) for model in models.models)]


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Role.ADMIN)
def default_model(request: OrgRequest) -> HttpResponse:
    models, now = image_models.at(timezone.now()), {"model": request.org.default_model}
    form = DefaultModelForm(request.POST if request.method == "POST" else None, models=models, initial=now)
    if form.is_bound and form.is_valid():
        organizations.set_default_model(org=request.org, by=request.member, model=form.cleaned_data["model"])
        messages.success(request, "Saved.")
        return redirect("default_model", request.org.slug)
    return render(request, "studio/default_model.html", {"form": form}, status=422 if form.errors else 200)
