"""List the options of the gallery's filters, and the filters in use as labelled chips."""

from typing import Any

from django.utils import timezone

from accounts.models import Membership
from saas.text import money
from studio.catalogue import image_models
from studio.gallery.filters import Filters, micros_or_none
from studio.models import MOST_STARS, Kind, State
from studio.styles import shelf

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
    org, models = member.org, image_models.at(timezone.now()).models
    people = org.memberships.select_related("user").exclude(user=member.user_id).order_by("user__name")[:MOST]
    qualities = dict.fromkeys(quality for model in models for quality in model.qualities)
    tags = org.tags.order_by("name").values_list("name", flat=True)[:MOST]
    return {
        "by": [("me", "Me"), *((str(each.user.code), each.user.display_name) for each in people)],
        "model": [(model.name, model.title) for model in models],
        "kind": list(Kind.choices),
        "shape": SHAPES,
        "quality": [(quality, quality.capitalize()) for quality in qualities],
        "style": [(str(style.style.code), style.name) for style in shelf.newest(org.styles.all())],
        "stars": [(str(stars), "★" * stars) for stars in range(1, MOST_STARS + 1)],
        "tag": [(name, name) for name in tags],
        "collection": [
            (str(code), name) for code, name in org.collections.order_by("name").values_list("code", "name")[:MOST]
        ],
        "key": [(str(code), name) for code, name in org.api_keys.order_by("name").values_list("code", "name")[:MOST]],
        "state": [(state.value, state.label) for state in State if state != State.SUCCEEDED],
    }


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
