"""Compare the provider's own usage with the ledger of the same days, and explain the difference. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from accounts.errors import Refused
from accounts.models import Organization, ProviderConnection
from billing.models import Entry, EntryKind, Price
from billing.provider_usage import ONE_DAY, BadFile, ReportedUsage, read_report

MILLION = 1_000_000
TOKENS = ("text_in", "image_in", "cached_text", "cached_image", "image_out", "text_out")
TITLES = {
    "text_in": "Text in, tokens",
    "image_in": "Pictures in, tokens",
    "tokens_in": "All in, tokens",
    "cached_text": "Of it cached text, tokens",
    "cached_image": "Of it cached pictures, tokens",
    "cached": "Of it cached, tokens",
    "image_out": "Pictures out, tokens",
    "text_out": "Text out, tokens",
    "tokens_out": "All out, tokens",
    "images": "Pictures",
    "requests": "Calls",
}
# The columns of the ledger that make up each kind of count in the file.
PARTS = {
    **{kind: (kind,) for kind in TOKENS},
    "tokens_in": ("text_in", "image_in"),
    "cached": ("cached_text", "cached_image"),
    "tokens_out": ("image_out", "text_out"),
    "images": ("images",),
    "requests": ("requests",),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of count, the provider's and ours."""

    kind: str
    theirs: int
    ours: int
    rate: int | None  # micro-dollars for a million, if one rate counted for all

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def difference(self) -> int:
        return self.theirs - self.ours

    @property
    def micros(self) -> int | None:
        """Return what the difference comes to at the list price."""
        return None if self.rate is None else round(self.difference * self.rate / MILLION)


@dataclass(frozen=True, slots=True)
class Comparison:
    said: ReportedUsage
    connection: ProviderConnection
    lines: list[Line]
    their_micros: int | None
    our_micros: int
    reasons: list[tuple[str, int | None]]  # in words, with what each comes to
    foreign: list[str]  # models of the file that were not used here

    @property
    def difference(self) -> int | None:
        return None if self.their_micros is None else self.their_micros - self.our_micros

    @property
    def is_equal(self) -> bool:
        return not self.difference and not any(line.difference for line in self.lines)


def compare(*, org: Organization, connection: ProviderConnection, data: bytes) -> Comparison:
    try:
        said = read_report(data)
    except BadFile as fault:
        raise Refused(str(fault)) from fault
    _must_be_ours(connection, said)
    entries = _entries(org, connection, said)
    ours = _sums(entries)
    if not ours["requests"] and not ours["micros"]:
        raise Refused(
            f"The ledger has no entries for {connection.name} from {said.first} to {said.last}. "
            "Is this file from another organization or another period?"
        )
    foreign = _foreign_models(entries, said)
    theirs = said.counted(foreign)
    lines = [_line(kind, theirs[kind], ours, entries) for kind in TITLES if kind in theirs]
    reasons = list(_reasons(lines, said, ours, entries))
    return Comparison(said, connection, lines, said.micros, ours["micros"], reasons, foreign)


def _must_be_ours(connection: ProviderConnection, said: ReportedUsage) -> None:
    """Refuse a file of another account, if the connection says to which account it belongs, and a file of several
    organizations."""
    for found, meant, word in (
        (said.organizations, connection.openai_organization, "organization"),
        (said.projects, connection.openai_project, "project"),
    ):
        others = sorted(found - {meant})
        if meant and others:
            raise Refused(
                f"This file belongs to the {word} {others[0]}, but {connection.name} belongs to {meant}. "
                "Nothing was compared."
            )
    if len(said.organizations) > 1:
        raise Refused("This file mixes several organizations of the provider. Export one of them.")


def _foreign_models(entries: QuerySet[Entry], said: ReportedUsage) -> list[str]:
    """Return the file's models that were not used here: what else the account does is not ours to count. The provider
    may add a date to a model's name. Raise Refused if none of the models was used here."""
    ours = set(entries.exclude(model="").values_list("model", flat=True).distinct())
    foreign = sorted(theirs for theirs in said.models if not any(theirs.startswith(model) for model in ours))
    if foreign and ours and len(foreign) == len(said.models):
        raise Refused(
            f"None of the models in this file were used here: {', '.join(foreign[:3])}. "
            "Is it from another organization?"
        )
    return foreign


def _entries(org: Organization, connection: ProviderConnection, said: ReportedUsage) -> QuerySet[Entry]:
    """Select the entries by the moment in which each was written: the provider counts calls by their end, in days of
    UTC."""
    since, until = (datetime.combine(day, time(), UTC) for day in (said.first, said.last + ONE_DAY))
    return Entry.objects.filter(org=org, is_play=False, connection_code=connection.code, at__gte=since, at__lt=until)


def _sums(entries: QuerySet[Entry]) -> dict[str, int]:
    wanted: dict[str, Any] = {kind: Sum(kind, default=0) for kind in (*TOKENS, "micros", "images")}
    wanted["requests"] = Count("pk", filter=Q(kind__in=[EntryKind.CHARGE, EntryKind.UNCERTAIN]))
    return dict(entries.aggregate(**wanted))


def _line(kind: str, theirs: int, ours: dict[str, int], entries: QuerySet[Entry]) -> Line:
    return Line(kind, theirs, sum(ours[part] for part in PARTS[kind]), _rate(kind, entries))


def _rate(kind: str, entries: QuerySet[Entry]) -> int | None:
    """Return the rate that these entries were charged by, if it was a single one."""
    parts = [part for part in PARTS[kind] if part in TOKENS]
    if len(parts) != 1 or kind.startswith("cached"):
        return None
    rows = {value for value in entries.values_list("tariff__price_id", flat=True).distinct() if value}
    rates = set(Price.objects.filter(pk__in=rows).values_list(parts[0], flat=True))
    return rates.pop() if len(rates) == 1 else None


def _reasons(
    lines: list[Line], said: ReportedUsage, ours: dict[str, int], entries: QuerySet[Entry]
) -> Iterator[tuple[str, int | None]]:
    explained = 0
    for line in lines:
        if line.difference and line.micros is not None:
            more = "more" if line.difference > 0 else "fewer"
            explained += line.micros
            yield (
                f"{line.title.split(',')[0]}: the provider counted {abs(line.difference):,} tokens {more}.",
                line.micros,
            )
    guessed = entries.filter(is_estimated=True).aggregate(count=Count("pk"), micros=Sum("micros", default=0))
    if guessed["count"]:
        yield (
            f"{guessed['count']:,} of our entries are estimates, because the provider reported no usage.",
            guessed["micros"],
        )
    doubt = entries.filter(kind=EntryKind.UNCERTAIN)
    answered = Entry.objects.filter(slot_code__in=doubt.values("slot_code"), kind=EntryKind.RESOLUTION)
    still = doubt.exclude(slot_code__in=answered.values("slot_code")).aggregate(
        count=Count("pk"), micros=Sum("open_micros", default=0)
    )
    if still["count"]:
        yield f"{still['count']:,} may have been charged and are not counted by us yet.", still["micros"]
    if said.micros is not None and said.micros - ours["micros"] - explained:
        yield _rest(lines), said.micros - ours["micros"] - explained


def _rest(lines: list[Line]) -> str:
    if any(line.micros is not None for line in lines):
        return "The rest: rounding, prices that differ, or calls that were not made through Darkroom."
    return "This file does not list tokens by kind, so the difference has no details. Choose the usage file as well."
