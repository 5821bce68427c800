"""Define filters for the gallery's templates."""

from django import template

register = template.Library()


@register.filter
def ratio(size: object) -> int:
    """Return width to height in percent of a size such as "1536x1024", limited to what the gallery can show. "auto"
    counts as a square."""
    width, _, height = str(size).partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(height)):
        return 100
    return max(33, min(300, round(100 * int(width) / int(height))))


@register.filter
def cut(text: str, most: int) -> str:
    """Shorten a text to `most` characters. Django's `truncatechars` looks up a translation on each call, which is slow
    for the gallery's sixty prompts."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
