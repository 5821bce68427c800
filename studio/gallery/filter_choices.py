"""List the options of the gallery's filters, and the filters in use as labelled chips."""

from typing import Any

from django.utils import timezone

from accounts.models import Membership
from saas.database import functions
from saas.text import money
from studio.catalogue import image_models
from studio.gallery.filters import Filters, micros_or_none
from studio.models import MOST_STARS, Kind, State

Choices = list[tuple[str, str]]
MOST = 300
SHAPES = [("square", "Square"), ("landscape", "Landscape"), ("portrait", "Portrait"), ("large", "2K and larger")]
# Name of the filter, its label, and the text shown when it is not used.
SELECTS = [
    ("by", "Person", "Everybody"),
    ("model", "Model", "Any"),
    ("kind", "Kind", "Any"),
    ("shape", "Size", "Any"),
    ("quality", "Quality", "Any"),
    ("style", "Style", "Any"),
    ("stars", "Stars", "Any"),
    ("tag", "Tag", "Any"),
    ("collection", "Collection", "Any"),
    ("key", "API key", "Any"),
    ("state", "State", "Finished"),
]

OPTIONS = """
(SELECT 'by', u.code::text, coalesce(nullif(u.name, ''), split_part(u.email, '@', 1))
 FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
 WHERE m.org_id = %(org)s AND u.id <> %(user)s ORDER BY u.name LIMIT %(most)s)
UNION ALL
(SELECT 'style', s.code::text, v.name FROM studio_style s CROSS JOIN LATERAL (
    SELECT name FROM studio_styleversion WHERE style_id = s.id ORDER BY number DESC LIMIT 1) v
 WHERE s.org_id = %(org)s ORDER BY s.position, s.id)
UNION ALL
(SELECT 'tag', name, name FROM studio_tag WHERE org_id = %(org)s ORDER BY name LIMIT %(most)s)
UNION ALL
(SELECT 'collection', code::text, name FROM studio_collection WHERE org_id = %(org)s ORDER BY name LIMIT %(most)s)
UNION ALL
(SELECT 'key', code::text, name FROM accounts_apikey WHERE org_id = %(org)s ORDER BY name LIMIT %(most)s)
"""

TYPED = {
    "since": "Since",
    "until": "Until",
    "cost_from": "Costs at least",
    "cost_to": "Costs at most",
}


def filter_options(member: Membership, filters: Filters) -> dict[str, Any]:
    choices = _all(member)
    chosen = filters.chosen()
    selects = [
        {"name": name, "label": label, "blank": blank, "value": chosen.get(name, ""), "choices": choices[name]}
        for name, label, blank in SELECTS
        if choices[name] or name in chosen
    ]
    return {"selects": selects, "chips": _chips(filters, choices), "shelf": choices["collection"]}


def _all(member: Membership) -> dict[str, Choices]:
    models, stored = image_models.at(timezone.now()).models, _stored(member)
    qualities = dict.fromkeys(quality for model in models for quality in model.qualities)
    return {
        "by": [("me", "Me"), *stored["by"]],
        "model": [(model.name, model.title) for model in models],
        "kind": list(Kind.choices),
        "shape": SHAPES,
        "quality": [(quality, quality.capitalize()) for quality in qualities],
        "style": stored["style"],
        "stars": [(str(stars), "★" * stars) for stars in range(1, MOST_STARS + 1)],
        "tag": stored["tag"],
        "collection": stored["collection"],
        "key": stored["key"],
        "state": [(state.value, state.label) for state in State if state != State.SUCCEEDED],
    }


def _stored(member: Membership) -> dict[str, Choices]:
    """Return the options that the organization's rows make, all by one question."""
    found: dict[str, Choices] = {name: [] for name in ("by", "style", "tag", "collection", "key")}
    for name, value, label in functions.call(
        member.org_id, OPTIONS, {"org": member.org_id, "user": member.user_id, "most": MOST}
    ):
        found[name].append((value, label))
    return found


def _chips(filters: Filters, choices: dict[str, Choices]) -> list[dict[str, str]]:
    """Return label and value of each filter in use, with the query string that removes it."""
    labels = {name: label for name, label, _ in SELECTS} | {"q": "Words", **TYPED}
    return [
        {
            "label": labels[name],
            "value": dict(choices.get(name, [])).get(value, _in_words(name, value)),
            "without": filters.query(**{name: ""}),
        }
        for name, value in filters.chosen().items()
    ]


def _in_words(name: str, value: str) -> str:
    """Format an amount as money. Return any other value as it was typed."""
    micros = micros_or_none(value) if name in {"cost_from", "cost_to"} else None
    return value if micros is None else money.show(micros)
