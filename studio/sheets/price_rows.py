"""Check and price the requests of a sheet by the same plan as each single run, without a query for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Self

from django.conf import settings
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import ApiKey, Membership
from billing import prices
from billing.prices import Unpriced
from studio.catalogue import image_models
from studio.catalogue.fields import SpecRefused
from studio.catalogue.image_models import Catalogue
from studio.catalogue.specs import Spec
from studio.models import Input, SheetLane, SheetRow, StyleVersion
from studio.money import offers, run_holds
from studio.money.offers import Offer, Route
from studio.runs import lanes, plan
from studio.runs.plan import Pictures, Plan
from studio.sheets.mapping import ColumnMap
from studio.sheets.refusals import RowFault
from studio.styles import shelf, styled_spec

MOST = 2**63 - 1
PROOF = {"quality": "low"}
CHOICES = ("quality", "format", "background", "moderation")  # however a cell writes them
# What a row asks that is no part of its spec.
BESIDE = ("project", "styles", "references")


@dataclass(frozen=True)
class Desk:
    """All that rows are planned with, read once for the whole sheet."""

    member: Membership
    api_key: ApiKey | None
    models: Catalogue
    offer: Offer
    connection: str = ""  # the code of the one that the sheet names

    @classmethod
    def of(
        cls, member: Membership, api_key: ApiKey | None = None, *, connection: str = "", is_guess: bool = False
    ) -> Self:
        """Read what rows are planned with. A guess is what this process remembers of the offer: enough to plan a run
        with, since it is compared at the submit, and never enough to refuse."""
        org = member.org
        offer = (offers.remembered(org) if is_guess else None) or offers.read(org)
        return cls(member, api_key, image_models.at(timezone.now(), org=org), offer, connection)

    @cached_property
    def styles(self) -> list[StyleVersion]:
        return shelf.usable_by(self.member)

    def plan(self, asked: Mapping[str, Any], pictures: Sequence[Input], *, lane: str = SheetLane.NOW) -> Plan:
        """Plan a request, to be made by day. Raise SpecRefused or Refused."""
        given = {name: value for name, value in asked.items() if name not in BESIDE}
        given |= {name: given[name].lower() for name in CHOICES if isinstance(given.get(name), str)}
        styles = [self._style(name) for name in asked.get("styles", ())]
        offered = self.styles if styles else None
        given |= {"partial_images": 0, **(PROOF if lane == SheetLane.PROOF else {})}
        if pictures:
            given["references"] = len(pictures)
        spec = styled_spec.read_spec(
            given, styles=styles, by=self.member, models=self.models, from_form=True, offered=offered
        )
        route = Route.of(named=self.connection, api_key=self.api_key, project=str(asked.get("project", "")))
        return plan.make_from(self.offer, spec=spec, pictures=Pictures(pictures), route=route)

    def _style(self, name: str) -> str:
        """Return the short name of a style that a cell calls by its title."""
        wanted = name.casefold()
        return next((one.style.slug for one in self.styles if one.name.casefold() == wanted), name)


@dataclass(frozen=True, slots=True)
class Priced:
    """What one request costs, in micro-dollars, and what it is recognized by."""

    pictures: int
    low: int
    high: int
    held: int
    is_play: bool
    is_lent: bool
    fingerprint: int


@dataclass(frozen=True, slots=True)
class Checked:
    priced: Priced | None
    faults: list[RowFault] = field(default_factory=list)


def check(desk: Desk, asked: Mapping[str, Any], pictures: Sequence[Input], columns: ColumnMap) -> Checked:
    """Check one request. Return its price, or its faults by column."""
    try:
        return Checked(price(desk, asked, pictures))
    except SpecRefused as refusal:
        faults = [RowFault(columns.column_for(one.field), one.code, one.sentence[:300]) for one in refusal.errors]
        return Checked(None, faults)
    except Unpriced:
        return Checked(None, [RowFault("model", "unpriced", "This model has no price at this connection.")])
    except Refused as refusal:
        return Checked(None, [RowFault("", "refused", refusal.sentence[:300])])


def price(
    desk: Desk,
    asked: Mapping[str, Any],
    pictures: Sequence[Input],
    *,
    lane: str = SheetLane.NOW,
    goes_live: bool = False,
) -> Priced:
    """Price a request. If what is missing in the morning `goes_live`, its full price is held. Raise SpecRefused,
    Unpriced or Refused."""
    planned = desk.plan(asked, pictures, lane=lane)
    if lane == SheetLane.OVERNIGHT:
        planned = lanes.overnight(planned, goes_live=goes_live)
    spec, estimate = planned.spec, planned.price
    each = run_holds.most_each(
        planned.reserve or estimate,
        spec=spec,
        model=planned.model,
        standbys=planned.standbys,
        price_list=planned.offer.prices,
    )
    return Priced(
        pictures=estimate.images,
        low=estimate.low,
        high=estimate.high,
        held=each * estimate.images,
        is_play=prices.is_play(planned.connection),
        is_lent=planned.connection.traits.is_lent,
        fingerprint=fingerprint_of(spec, [one.sha256 for one in pictures]),
    )


def inputs_of(rows: Iterable[SheetRow]) -> dict[str, Input]:
    """Return the pictures that rows name, by their codes."""
    codes = {str(code) for row in rows for code in row.asked.get("references", ())}
    return {str(one.code): one for one in Input.objects.filter(code__in=codes)} if codes else {}


def fingerprint_of(spec: Spec, pictures: Sequence[str]) -> int:
    """Return a number that is equal for requests of which one picture would do for the other, never 0. It is hashed
    with the secret key, as all fingerprints are."""
    said = "\0".join([repr(spec), *pictures]).encode()
    secret = blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    return 1 + int.from_bytes(blake2b(said, digest_size=8, key=secret, person=b"sheet row").digest()) % MOST
