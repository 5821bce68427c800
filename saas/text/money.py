"""Money is integer micro-dollars everywhere: 1_000_000 is one dollar. Only here it becomes text, and text money."""

import re

DOLLAR = 1_000_000
DIGITS = 6  # behind the point; more there is not
MOST = 1_000_000_000 * DOLLAR  # whoever types more has slipped
PLAIN = re.compile(r"\$?\s?(?P<dollars>\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(?P<parts>\d*))?", re.ASCII)


class NotMoney(ValueError):
    """Its text is a sentence for the person who typed."""


def parse(text: str) -> int:
    """What a person or a sheet says: 12, 12.5, $1,200.50. Nothing is guessed and nothing rounded."""
    found = PLAIN.fullmatch(text.strip())
    if not found:
        raise NotMoney("Enter an amount in dollars, like 12.50.")
    parts = found["parts"] or ""
    if len(parts) > DIGITS:
        raise NotMoney(f"At most {DIGITS} digits behind the point.")
    micros = int(found["dollars"].replace(",", "")) * DOLLAR + int(parts.ljust(DIGITS, "0"))
    if micros > MOST:
        raise NotMoney("That is more than a billion dollars.")
    return micros


def show(micros: int) -> str:
    """For reading: cents, and where an amount is tiny, its first digits."""
    size = abs(micros)
    digits = (
        2
        if size >= DOLLAR // 10 or size == 0
        else next(d for d in (3, 4, 5, 6) if size * 10**d >= 10 * DOLLAR or d == DIGITS)
    )
    step = 10 ** (DIGITS - digits)
    dollars, parts = divmod((size + step // 2) // step, 10**digits)
    return f"{'−' if micros < 0 else ''}${dollars:,}.{parts:0{digits}d}"  # noqa: RUF001 a minus sign


def exact(micros: int) -> str:
    """For sheets and fields: every digit that counts, two at least, no sign of the currency."""
    dollars, parts = divmod(abs(micros), DOLLAR)
    shown = f"{parts:0{DIGITS}d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{dollars}.{shown}"
