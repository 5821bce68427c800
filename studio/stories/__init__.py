"""A run told whole, for whoever may see it: frames with their times, asked and got, where it comes from and what came of
it. Pages draw a `Story` and ask the database nothing more; so the sample, which no table knows, is drawn by the same
templates."""

from studio.stories.building import of
from studio.stories.shapes import Story

__all__ = ["Story", "of"]
