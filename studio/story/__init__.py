"""Assemble all that a run's page shows: frames with their times, what was asked and what came, related runs, the log.

Templates draw a `Story` without further queries, so they can also draw the sample run, which is in no table."""

from studio.story.building import build, prefetch
from studio.story.shapes import Story

__all__ = ["Story", "build", "prefetch"]
