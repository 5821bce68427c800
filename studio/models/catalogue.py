from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from studio.imaging.sizes import SizeRule, read_rule


def words() -> "ArrayField[Any, Any]":
    return ArrayField(models.CharField(max_length=20), default=list, blank=True)


class ImageModel(models.Model):
    """What one model accepts during a period. Every organization sees the same rows, so this table has no wall.

    A change (a preview that closes, a limit that moves) is a new row that begins when the old one ends. Of two
    available rows with the same name, the one that began last counts."""

    name = models.CharField(max_length=80)
    snapshots = words()  # dates, as in gpt-image-2-2026-04-21: names that mean this model as it was on that day
    title = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200)
    is_default = models.BooleanField(default=False)
    available_from = models.DateTimeField()
    available_until = models.DateTimeField(null=True, blank=True)

    qualities = words()
    formats = words()
    backgrounds = words()
    moderations = words()
    input_fidelities = words()
    size_rule = models.JSONField()  # studio.imaging.sizes.SizeRule as JSON
    size_presets = models.JSONField(default=list)  # [{"size": "1536x1024", "title": "Landscape"}, …]
    reasons = models.JSONField(default=dict)  # {"background": "…"}: why not, by field, as a sentence for people

    prompt_limit_characters = models.PositiveIntegerField()
    n_max = models.PositiveSmallIntegerField()
    partial_images_max = models.PositiveSmallIntegerField()
    references_max = models.PositiveSmallIntegerField()
    can_edit = models.BooleanField(default=False)
    can_mask = models.BooleanField(default=False)
    can_respond = models.BooleanField(default=False)
    can_stream = models.BooleanField(default=False)
    can_batch = models.BooleanField(default=True)

    # The values by which a hold is estimated if the caller leaves the choice to the model.
    auto_quality = models.CharField(max_length=20)
    auto_size = models.CharField(max_length=20)
    # Bases of the token formula, by quality. Null: the formula is not confirmed for this model.
    token_bases = models.JSONField(null=True, blank=True)
    tokens_per_partial = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-is_default", "available_from", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "available_from"], name="one_image_model_per_name_and_start"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(available_until=None), name="one_open_image_model_per_name"
            ),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True, available_until=None),
                name="one_open_default_image_model",
            ),
            models.CheckConstraint(
                condition=Q(available_until=None) | Q(available_until__gt=F("available_from")),
                name="image_model_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(can_edit=True) | Q(references_max=0, can_mask=False),
                name="image_model_takes_pictures_only_to_edit",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def dated_names(self) -> list[str]:
        return [f"{self.name}-{date}" for date in self.snapshots]

    def is_available(self, moment: datetime) -> bool:
        return self.available_from <= moment and (self.available_until is None or moment < self.available_until)

    @cached_property
    def sizes(self) -> SizeRule:
        return read_rule(self.size_rule)

    @property
    def can_be_transparent(self) -> bool:
        return "transparent" in self.backgrounds
