from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import Case, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.models import Health, ProviderConnection, ProviderKind, Role
from saas.database import tenancy
from saas.text.codes import code_or_none
from saas.web.codes import as_code
from saas.web.pagination import Page, cursor_page
from studio.catalogue import image_models
from studio.models import Run
from studio.prompt import bar, drafts, presets, verdicts
from studio.prompt.bar import Bar
from studio.prompt.prompt_form import MOST_STYLES, PARTS, PromptForm, fitted
from studio.prompt.verdicts import Verdict
from studio.runs import cards

NEWEST = 12


@vary_on_headers("HX-Request")
@member_required(Role.VIEWER)
def studio(request: OrgRequest) -> HttpResponse:
    """Draw the studio, or only the prompt bar for a page that is open already. `recall=<run>` (with `take=prompt`,
    `settings`, `pictures`) or `preset=<code>` fills the bar, and `style=<code>` chooses a style."""
    values = _recalled(request, drafts.draft_of(request.member) or PromptForm())
    if styles := request.GET.getlist("style"):
        values = replace(values, style=tuple(styles[:MOST_STYLES]), n="1")
    made = bar_of(request, fitted(values, bar.model_of(values, image_models.at(timezone.now(), org=request.org))))
    if request.htmx:
        return render(request, "studio/_bar.html", {"bar": made})
    return studio_page(request, made)


@member_required(Role.VIEWER)
def run_card(request: OrgRequest, code: UUID) -> HttpResponse:
    """Draw the card of one run, which an open page fetches again when the run changes."""
    return card(request, code)


@require_GET
@member_required(Role.VIEWER)
def newer_runs(request: OrgRequest) -> HttpResponse:
    """Draw the runs that are newer than the first one on a page, for pages without a working socket."""
    visible = Run.objects.visible_to(request.member)
    after = code_or_none(request.GET.get("after", ""))
    last = visible.filter(code=after).values_list("pk", flat=True).first() if after else None
    found = cards.prefetch(visible.filter(pk__gt=last) if last else visible).order_by("-id")[:NEWEST]
    return render(request, "studio/_runs.html", {"runs": found})


def card(request: OrgRequest, code: UUID) -> HttpResponse:
    run = get_object_or_404(cards.prefetch(Run.objects.visible_to(request.member)), code=code)
    return render(request, "studio/_run.html", {"run": run})


class NewCard(TemplateResponse):
    """The card of a new run. It is rendered after the run's transaction has ended, so that workers can start before. A
    run that is not filled is read."""

    def __init__(self, request: OrgRequest, run: Run) -> None:
        super().__init__(request, "studio/_run.html", {"run": run}, status=HTTPStatus.CREATED)
        self.member, self.run = request.member, run

    @property
    def rendered_content(self) -> str:
        if not cards.is_filled(self.run):
            with tenancy.tenant(self.member.org_id):
                visible = cards.prefetch(Run.objects.visible_to(self.member))
                self.context_data = {"run": get_object_or_404(visible, code=self.run.code)}
        return super().rendered_content


def bar_of(request: OrgRequest, values: PromptForm, *, verdict: Verdict | None = None) -> Bar:
    models = image_models.at(timezone.now(), org=request.org)
    verdict = verdict or verdicts.check(org=request.org, member=request.member, values=values, models=models)
    return Bar(values, models, verdict, presets.visible_to(request.member), request.member)


def _recalled(request: OrgRequest, values: PromptForm) -> PromptForm:
    if code := request.GET.get("preset"):
        preset = get_object_or_404(presets.visible_to(request.member), code=as_code(code))
        return presets.apply(preset, values)
    if code := request.GET.get("recall"):
        visible = Run.objects.visible_to(request.member).prefetch_related("inputs__input")
        run = get_object_or_404(visible, code=as_code(code))
        values = values.recalling(PromptForm.asked_by(run), request.GET.getlist("take") or PARTS)
        return replace(values, moderation=request.GET.get("moderation", values.moderation))
    return values


def studio_page(request: OrgRequest, made: Bar, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "bar": made,
        "page": stream_page(request),
        "default_connection": made.verdict.connection,
        "own_connection": _own_connection(request) if made.verdict.is_play else None,
        "limits_now": made.verdict.limits,
        "page_keys": "studio/_keys.html",
        "shows_faults": status != HTTPStatus.OK,
    }
    return render(request, "studio/studio.html", context, status=status)


def _own_connection(request: OrgRequest) -> ProviderConnection | None:
    """Return the connection that an admin could use instead of the sandbox: the newest that works, if any."""
    if not request.member.is_admin:
        return None
    real = request.org.connections.exclude(kind=ProviderKind.SANDBOX)
    return real.order_by(Case(When(health=Health.OK, then=0), default=1), "-pk").first()


def stream_page(request: OrgRequest, *, size: int = NEWEST) -> Page[Run]:
    """Return a page of runs, newest first: from the newest, or older than the run in `before`."""
    rows = cards.prefetch(Run.objects.visible_to(request.member))
    return cursor_page(rows, before=request.GET.get("before", ""), size=size)
