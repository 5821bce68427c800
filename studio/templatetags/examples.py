"""Define the tag that shows a program with a key that was just made."""

from django import template
from django.conf import settings

from studio.openai_wire.examples import TASKS

register = template.Library()


@register.simple_tag
def filled_example(key: str) -> str:
    """Return the first program of "Use it from code", with this key in it."""
    return next(one for one in TASKS[0].examples if one.title == "curl").code(settings.PUBLIC_URL, key)
