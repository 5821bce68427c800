"""Convert money to text and back. Everywhere else money is integer micro-dollars: 1_000_000 is one dollar."""

import re

DOLLAR = 1_000_000
DIGITS = 6  # after the point, down to one micro-dollar
MOST = 1_000_000_000 * DOLLAR  # a larger amount is a typing error
PLAIN = re.compile(r"\$?\s?(?P<dollars>\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(?P<parts>\d*))?", re.ASCII)


class NotMoney(ValueError):
    """The text is not an amount. The message is a sentence for the person who typed it."""


def parse(text: str) -> int:
    """Return the micro-dollars of an amount from a form or a spreadsheet, like 12, 12.5 or $1,200.50, without guessing
    or rounding. Raise NotMoney if it is not an amount."""
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
    """Return an amount for people to read: in cents, and if it is below ten cents, with its first two digits."""
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
    """Return an amount for spreadsheets and form fields: all significant digits, two at least after the point, without
    a currency sign."""
    dollars, parts = divmod(abs(micros), DOLLAR)
    shown = f"{parts:0{DIGITS}d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{dollars}.{shown}"
