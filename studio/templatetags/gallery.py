"""Words of the gallery's templates."""

from django import template

register = template.Library()


@register.filter
def ratio(size: object) -> int:
    """Of a size as it was asked, "1536x1024", in percent within what a wall can show; "auto" is a square until it is
    known."""
    width, _, height = str(size).partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(height)):
        return 100
    return max(33, min(300, round(100 * int(width) / int(height))))


@register.filter
def cut(text: str, most: int) -> str:
    """Django's own `truncatechars` asks for a translation each time, and a wall has sixty prompts."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
