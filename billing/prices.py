"""Estimate what a picture will cost at most, and compute what it cost: tokens times the price of their kind, or a flat
price.

The tariff of an estimate is kept with the hold, so that the price that was shown is the price that is charged."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, ProviderConnection
from billing.models import FlatPrice, Price
from billing.tokens import Tokens
from saas.text import money

MILLION = 1_000_000
# A kind without a price of its own costs what the dearer kind costs.
STANDS_FOR = {"cached_text": "text_in", "cached_image": "image_in", "text_out": "image_out"}
TALK_KINDS = {"talk_in": "text_in", "talk_cached": "cached_text", "talk_out": "text_out"}  # as a text model has them
SNAPSHOT = re.compile(r"-\d{4}-\d\d-\d\d$", re.ASCII)
KINDS = ("text_in", "image_in", "cached_text", "cached_image", "image_out", "text_out")


class Unpriced(Refused):
    """A refusal to use what has no price, because it must not be free."""

    def __init__(self, model: str) -> None:
        super().__init__(f"{model} has no price, so it cannot be used. The operator of this Darkroom can enter one.")


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of a call as it was when the call was agreed on."""

    rates: Mapping[str, int] = field(default_factory=dict)  # micro-dollars for a million tokens of a kind
    flat_micros: int | None = None  # for a picture, whatever its tokens
    price_id: int | None = None
    flat_price_id: int | None = None
    talk_price_id: int | None = None

    @property
    def counts_talk(self) -> bool:
        return "talk_in" in self.rates

    def most(self, tokens: Tokens) -> int:
        """Return what the tokens cost at most, rounded up so that the hold covers the charge."""
        return -(-self._parts(tokens) // MILLION) if self.flat_micros is None else self.flat_micros

    def cost(self, tokens: Tokens) -> int:
        """Return what the tokens cost, rounded to the nearest micro-dollar."""
        return (self._parts(tokens) + MILLION // 2) // MILLION if self.flat_micros is None else self.flat_micros

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)

    def _parts(self, tokens: Tokens) -> int:
        """Return the cost in millionths of a micro-dollar. Cached tokens are among the input tokens, at a lower
        price."""
        plain = {
            **tokens.to_json(),
            "text_in": tokens.text_in - tokens.cached_text,
            "image_in": tokens.image_in - tokens.cached_image,
            "talk_in": tokens.talk_in - tokens.talk_cached,
        }
        kinds = (*KINDS, *TALK_KINDS) if self.counts_talk else KINDS
        return sum(plain[kind] * self.rates[kind] for kind in kinds)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of all pictures of a run together; `each` is what has to be held for one."""

    low: int
    high: int
    images: int
    each: int
    tariff: Tariff

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    def __str__(self) -> str:
        return money.show(self.high) if self.is_exact else f"{money.show(self.low)} to {money.show(self.high)}"


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices that are valid at one moment for the connections of one organization."""

    by_model: Mapping[str, Price]
    flat: Mapping[int, FlatPrice]  # by the connection's key

    def tariff_for(self, *, model: str, connection: ProviderConnection, talk_model: str = "") -> Tariff:
        """Do as the function of this name, without a query."""
        flat = None if connection.traits.is_lent else self.flat.get(connection.pk)
        return _tariff(model, talk_model, flat, self._price)

    def _price(self, model: str) -> Price:
        return _of_model(model, self.by_model)


def tariff_for(
    *, model: str, connection: ProviderConnection, talk_model: str = "", at: datetime | None = None
) -> Tariff:
    """Return the tariff of a call, with the text model's own price if one leads a talk. Raise Unpriced.

    The sandbox takes no money and is priced like real pictures, so that a team learns what its pictures would cost;
    accounts.limits.holds keeps its play money apart."""
    moment = at or timezone.now()
    return _tariff(model, talk_model, flat_price(connection, moment), lambda name: _price(name, moment))


def batch_list(moment: datetime | None = None) -> PriceList:
    """Return what tokens cost in a provider's batches. A connection's flat price says nothing of batches."""
    found = Price.objects.valid(moment or timezone.now()).filter(is_batch=True)
    return PriceList({one.model: one for one in found}, {})


def token_tariff(model: str, moment: datetime) -> Tariff:
    """Return the tariff of a model by its tokens, whatever flat price the connection has. Raise Unpriced."""
    price = _price(model, moment)
    return Tariff(rates=_rates(price), price_id=price.pk)


def estimate(tariff: Tariff, *, least: Tokens, most: Tokens, images: int) -> Estimate:
    """Estimate a run from what one picture uses at least and at most."""
    each = tariff.most(most)
    return Estimate(tariff.cost(least) * images, each * images, images, each, tariff)


def is_play(connection: ProviderConnection) -> bool:
    """Return whether the costs of this connection are only shown, and never paid."""
    return connection.traits.is_play


def set_flat_price(*, connection: ProviderConnection, by: Membership, micros: int | None) -> None:
    """Set the flat price from now on; None goes back to the prices for tokens. Raise NotAllowed for the operator's key:
    the loan is counted at the operator's prices."""
    if connection.traits.is_lent:
        raise NotAllowed("The operator of this Darkroom pays for this connection, so only they can set its prices.")
    now = timezone.now()
    with transaction.atomic():
        connection.org.locked()
        before = flat_price(connection, now)
        if (before.micros if before else None) == micros:
            return
        FlatPrice.objects.filter(connection=connection, valid_until=None).update(valid_until=now)
        if micros is not None:
            FlatPrice.objects.create(org=connection.org, connection=connection, micros=micros, valid_from=now)
        audit.record(
            org=connection.org,
            by=by.user,
            action="connection.price_set",
            target=connection.name,
            details={
                "a picture": "by tokens" if micros is None else money.exact(micros),
                "before": money.exact(before.micros) if before else "by tokens",
            },
        )


def flat_price(connection: ProviderConnection, moment: datetime) -> FlatPrice | None:
    """Return the flat price at this moment. Always None for the operator's key: a row from the time when an admin could
    set one does not count."""
    if connection.traits.is_lent:
        return None
    held = FlatPrice.objects.filter(org=connection.org_id, connection=connection, valid_from__lte=moment)
    return held.exclude(valid_until__lte=moment).order_by("-pk").first()


def _tariff(model: str, talk_model: str, flat: FlatPrice | None, price_of: Callable[[str], Price]) -> Tariff:
    if flat is not None:
        return Tariff(flat_micros=flat.micros, flat_price_id=flat.pk)
    price = price_of(model)
    if not talk_model:
        return Tariff(rates=_rates(price), price_id=price.pk)
    talk = price_of(talk_model)
    of_talk = _rates(talk)
    rates = _rates(price) | {kind: of_talk[same] for kind, same in TALK_KINDS.items()}
    return Tariff(rates=rates, price_id=price.pk, talk_price_id=talk.pk)


def _price(model: str, moment: datetime) -> Price:
    found = Price.objects.valid(moment).filter(model__in=_names(model), is_batch=False)
    return _of_model(model, {one.model: one for one in found})


def _names(model: str) -> list[str]:
    return [model, SNAPSHOT.sub("", model)]


def _of_model(model: str, by_model: Mapping[str, Price]) -> Price:
    """Return a model's price. A snapshot, with a date behind its name, has the model's unless it has its own."""
    for name in _names(model):
        if name in by_model:
            return by_model[name]
    raise Unpriced(model)


def _rates(price: Price) -> dict[str, int]:
    rates = {kind: getattr(price, kind) for kind in KINDS}
    return {kind: rates[STANDS_FOR[kind]] if rate is None else rate for kind, rate in rates.items()}
