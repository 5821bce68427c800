"""Delete what a run leaves behind when its last picture is purged: frames, inputs and, if the rule says so, its prompt.

A run is cleared when all its pictures are purged, or when it has none and is older than the organization's retention
rule allows. An input is deleted with the last run that uses it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Ask, AskState, Organization
from studio.gallery import bin as bins
from studio.models import (
    LIVE,
    ROWS_TO_MAKE,
    Draft,
    Input,
    Output,
    Partial,
    Retention,
    RowState,
    Run,
    RunInput,
    SheetRow,
    Slot,
    State,
)


def due(org: Organization, rule: Retention) -> "QuerySet[Run]":
    """Return the runs to clear now. Each branch starts from indexed rows: binned outputs, slots without a picture."""
    purged = Output.objects.filter(org=org, binned_at__isnull=False, purged_at__isnull=False).values("run")
    reasons = Q(pk__in=purged)
    if rule.is_on:
        empty = Slot.objects.filter(org=org, ended_at__lt=_old(rule)).exclude(state=State.SUCCEEDED).values("run")
        reasons |= Q(pk__in=empty, created_at__lt=_old(rule))
    undone = Q(cleared_at=None) | ~Q(prompt="") if rule.forgets_prompts else Q(cleared_at=None)
    kept = Output.objects.filter(run=OuterRef("pk"), purged_at=None)
    live = Slot.objects.filter(run=OuterRef("pk"), state__in=LIVE)
    return Run.objects.filter(reasons, undone, ~Exists(kept), ~Exists(live), org=org)


def clear_next(org: Organization, rule: Retention, *, most: int) -> tuple[int, list[str]]:
    """Clear at most `most` runs. Return how many were cleared, and the files that no row names any more. Needs the
    organization's wall."""
    found = due(org, rule).select_for_update(of=["self"], skip_locked=True, no_key=True)
    locked = list(found.order_by("pk")[:most])
    # Check again now that the rows are locked: a slot may have been tried again, or a late picture may have come.
    ids = [run.pk for run in locked]
    live = set(Slot.objects.filter(run__in=ids, state__in=LIVE).values_list("run_id", flat=True))
    live |= set(Output.objects.filter(run__in=ids, purged_at=None).values_list("run_id", flat=True))
    runs = [run for run in locked if run.pk not in live]
    return len(runs), clear(org, runs, forgets_words=rule.forgets_prompts)


def clear(org: Organization, runs: list[Run], *, forgets_words: bool) -> list[str]:
    """Clear these runs. Return the files that no row names any more. Needs the organization's wall and the runs'
    locks."""
    ids = [run.pk for run in runs]
    names = _drop(Partial.objects.filter(slot__run__in=ids))
    given = list(RunInput.objects.filter(run__in=ids).values_list("input_id", flat=True))
    RunInput.objects.filter(run__in=ids).delete()
    names += drop_inputs(org, Input.objects.filter(pk__in=given))
    for run in runs:
        run.cleared_at = run.cleared_at or timezone.now()
        if forgets_words:
            _forget_words(run)
    if forgets_words:
        Slot.objects.filter(run__in=ids, state=State.ANSWERED).update(used={})
    Run.objects.bulk_update(runs, ["cleared_at", "prompt", "asked", "end_user", "request_key", "request_hash"])
    return names


def drop_frames(org: Organization, rule: Retention, *, most: int) -> list[str]:
    """Delete old frames of slots that ended without a picture, if the rule is on: another slot's picture may keep their
    run. Return the files."""
    if not rule.is_on:
        return []
    slots = Slot.objects.filter(org=org, ended_at__lt=_old(rule)).exclude(state__in=[State.SUCCEEDED, *LIVE])
    ids = list(Partial.objects.filter(org=org, slot__in=slots).order_by("pk").values_list("pk", flat=True)[:most])
    return _drop(Partial.objects.filter(pk__in=ids))


def drop_abandoned(org: Organization, *, most: int) -> list[str]:
    """Delete inputs that nothing uses and that are older than the bin's thirty days. Return their files."""
    old = Input.objects.filter(org=org, created_at__lt=timezone.now() - timedelta(days=bins.DAYS))
    wanted = _wanted(org)
    ids = old.filter(~Exists(RunInput.objects.filter(input=OuterRef("pk")))).exclude(code__in=wanted)
    return drop_inputs(org, Input.objects.filter(pk__in=list(ids.order_by("pk").values_list("pk", flat=True)[:most])))


def drop_inputs(org: Organization, given: "QuerySet[Input]") -> list[str]:
    """Delete those of the inputs that no run, style, event, thread, draft or open request uses. Return the names of
    their files."""
    kept = RunInput.objects.filter(input=OuterRef("pk"))
    unused = given.filter(~Exists(kept), style_versions=None, events_by_logo=None, events_by_overlay=None, threads=None)
    rows = list(unused.select_for_update(of=["self"], skip_locked=True))
    wanted = _wanted(org) if rows else set()
    gone = [row for row in rows if str(row.code) not in wanted]
    Input.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return [name for row in gone for name in (row.file, row.sent_file, row.preview, row.thumbnail)]


def _drop(partials: "QuerySet[Partial]") -> list[str]:
    rows = list(partials)
    Partial.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [name for row in rows for name in (row.file, row.preview)]


def _forget_words(run: Run) -> None:
    """Remove the prompt, the end user and the request key. The cost and the other parameters stay."""
    run.prompt = run.end_user = run.request_key = run.request_hash = ""
    if "prompt" in run.asked:
        run.asked = {**run.asked, "prompt": ""}
    if "styles" in run.asked:
        run.asked = {**run.asked, "styles": [{**style, "told": ""} for style in run.asked["styles"]]}


def _wanted(org: Organization) -> set[str]:
    """Return the codes of inputs that a draft names, an open request to an admin for more, or a row of a sheet that is
    still to be made."""
    drafts: Iterable[dict[str, object]] = Draft.objects.filter(org=org).values_list("values", flat=True)
    wishes = Ask.objects.filter(org=org, state=AskState.OPEN).values_list("wish", flat=True)
    found: set[str] = set()
    for said in (*drafts, *wishes):
        references = said.get("reference")
        found.update(map(str, references if isinstance(references, list) else ()))
        found.add(str(said.get("mask") or ""))
    rows = SheetRow.objects.filter(org=org, state__in=[*ROWS_TO_MAKE, RowState.FAILED], asked__has_key="references")
    for references in rows.values_list("asked__references", flat=True):
        found.update(map(str, references))
    return found - {""}


def _old(rule: Retention) -> datetime:
    return timezone.now() - timedelta(days=rule.days)
