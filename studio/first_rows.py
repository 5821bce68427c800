"""List the models that a new database begins with: those of November 2026. Later facts are later migrations, with a new
row and an end for the old one."""

from datetime import UTC, datetime
from typing import Any

FREE_SIZES = {
    "kind": "free",
    "multiple_of": 16,
    "pixels_min": 655_360,
    "pixels_max": 8_294_400,
    "edge_max": 3840,
    "ratio_max": 3,
}
PRESETS = [
    {"size": "auto", "title": "Let the model choose"},
    {"size": "1024x1024", "title": "Square"},
    {"size": "1536x1024", "title": "Landscape"},
    {"size": "1024x1536", "title": "Portrait"},
    {"size": "2048x2048", "title": "Large square"},
    {"size": "2048x1152", "title": "Widescreen 2K"},
    {"size": "3840x2160", "title": "Widescreen 4K"},
    {"size": "2160x3840", "title": "Tall 4K"},
]
COMMON: dict[str, Any] = {
    "is_default": False,
    "snapshots": [],
    "available_until": None,
    "qualities": ["auto", "low", "medium", "high", "xhigh", "max"],
    "formats": ["png", "jpeg", "webp"],
    "backgrounds": ["auto", "opaque", "transparent"],
    "moderations": ["auto", "low"],
    "input_fidelities": [],
    "size_rule": FREE_SIZES,
    "size_presets": PRESETS,
    "reasons": {},
    "prompt_limit_characters": 32_000,
    "n_max": 10,
    "partial_images_max": 3,
    "references_max": 16,
    "can_edit": True,
    "can_mask": True,
    "can_respond": True,
    "can_stream": True,
    "can_batch": True,
    "auto_quality": "max",
    "auto_size": "2048x2048",
}
FORMULA_2 = {"token_bases": {"low": 16, "medium": 48, "high": 96}, "tokens_per_partial": 100}
FORMULA_25 = {
    "token_bases": {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96},
    "tokens_per_partial": 100,
}
NO_FORMULA = {"token_bases": None, "tokens_per_partial": None}

MODELS: list[dict[str, Any]] = [
    {
        **COMMON,
        **FORMULA_2,
        "name": "gpt-image-2",
        "snapshots": ["2026-04-21"],
        "title": "GPT Image 2",
        "purpose": "The dependable all-rounder for pictures and edits.",
        "available_from": datetime(2026, 4, 21, tzinfo=UTC),
        "is_default": True,
        "qualities": ["auto", "low", "medium", "high"],
        "backgrounds": ["auto", "opaque"],
        "reasons": {
            "background": "OpenAI closed the preview of transparent backgrounds on 30 September 2026.",
            "input_fidelity": "It always keeps to the references as closely as it can.",
        },
        "auto_quality": "high",
    },
    {
        **COMMON,
        **FORMULA_25,
        "name": "gpt-image-2.5-sunburst",
        "snapshots": ["2026-09-08"],
        "title": "GPT Image 2.5 Sunburst",
        "purpose": "Careful edits and fine detail, with transparent backgrounds. Takes its time.",
        "available_from": datetime(2026, 9, 8, tzinfo=UTC),
    },
    {
        **COMMON,
        **FORMULA_25,
        "name": "gpt-image-2.5-flare",
        "snapshots": ["2026-09-08"],
        "title": "GPT Image 2.5 Flare",
        "purpose": "Quick pictures for everyday work, with transparent backgrounds.",
        "available_from": datetime(2026, 9, 8, tzinfo=UTC),
    },
    {
        **COMMON,
        **NO_FORMULA,
        "name": "gpt-image-2.6-sunburst",
        "can_batch": False,
        "title": "GPT Image 2.6 Sunburst",
        "purpose": "The newest model for detail and for edits in several steps.",
        "available_from": datetime(2026, 11, 4, tzinfo=UTC),
    },
    {
        **COMMON,
        **NO_FORMULA,
        "name": "gpt-image-2.6-flare",
        "can_batch": False,
        "title": "GPT Image 2.6 Flare",
        "purpose": "The newest model for speed: drafts within seconds.",
        "available_from": datetime(2026, 11, 4, tzinfo=UTC),
    },
]
