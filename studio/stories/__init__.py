"""A run told whole, for whoever may see it: frames with their times, asked and got, family and log. Pages draw a
`Story` and ask the database nothing more; so the sample, which no table knows, is drawn by the same templates."""

from studio.stories.building import of, whole
from studio.stories.shapes import Story

__all__ = ["Story", "of", "whole"]
