"""Provide the design system's template tags: small pieces, and frames around a block of content.

Markup that needs only a class stays in the templates; a tag is for what needs a decision or would be repeated.
"""

import zlib
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from saas.text import money as dollars

register = template.Library()

FACE_COLOURS = 12
CALLOUT_ICONS = {"info": "info", "success": "success", "warning": "warning", "danger": "error"}


@register.simple_tag
@lru_cache(maxsize=1024)  # a page draws dozens, mostly the same
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """Draw one icon of the sprite. Screen readers skip it beside text; with `label`, they read the label."""
    voice = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" {}><use href="{}#{}"/></svg>',
        f" icon-{size}" if size else "",
        voice,
        static("darkroom/img/icons.svg"),
        name,
    )


@register.filter
def initials(name: str) -> str:
    """Return at most two letters: of the first and last word, or of what stands before the @."""
    words = [word for word in str(name).split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@register.simple_tag
def face(name: str, code: object = "", size: str = "", shape: str = "") -> SafeString:
    """Draw the initials of a person (or, with shape="square", of an organization). The name stands beside it."""
    colour = zlib.crc32(str(code or name).encode()) % FACE_COLOURS
    classes = "".join(f" face-{word}" for word in (colour, size, shape) if word != "")
    return format_html('<span class="face{}" aria-hidden="true">{}</span>', classes, initials(name))


@register.simple_block_tag
def callout(content: str, kind: str = "info", title: str = "") -> SafeString:
    """Frame a note inside a page: info, success, warning or danger."""
    heading = format_html("<strong>{}</strong>", title) if title else ""
    return format_html(
        '<div class="callout callout-{}">{}<div>{}<div>{}</div></div></div>',
        kind,
        icon(CALLOUT_ICONS[kind]),
        heading,
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str, size: str = "", open: bool = False) -> SafeString:  # noqa: A002
    """Frame a native dialog. Any element with data-dialog="its id" opens it; open=True shows it on arrival."""
    return render_to_string(
        "components/_dialog.html", {"content": content, "id": id, "title": title, "size": size, "open": open}
    )


@register.simple_block_tag
def menu(content: str, label: str, icon: str = "more", side: str = "end", look: str = "quiet") -> SafeString:
    """Draw a button with a floating list of `menu-item`s. It works without script, because it is a <details>."""
    return render_to_string(
        "components/_menu.html",
        {"content": content, "label": label, "icon": icon, "side": side, "look": look},
    )


@register.filter
def prefixed(value: object, prefix: str) -> str:
    """Put a prefix before a value, also before a UUID: `|add:` joins text only."""
    return f"{prefix}{value}"


@register.filter
def money(micros: int | None) -> SafeString:
    """Show micro-dollars for reading, in figures of one width, or nothing if there is no amount."""
    if micros is None:
        return SafeString("")
    return format_html('<span class="money">{}</span>', dollars.show(micros))


@register.filter
def exact_money(micros: int) -> str:
    """Show every digit of an amount, for books: figures below each other can be added up."""
    dollars_of, parts = divmod(abs(micros), dollars.DOLLAR)
    return f"{'−' if micros < 0 else ''}{dollars_of:,}.{parts:0{dollars.DIGITS}d}"  # noqa: RUF001 a minus sign
