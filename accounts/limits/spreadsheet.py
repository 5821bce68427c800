"""Export limits as a sheet, and import it after changes by hand: all lines or none."""

import csv
import io
from typing import Any, NamedTuple

from accounts import audit
from accounts.errors import Refused
from accounts.limits import rules
from accounts.models import Membership, Organization, Quota, Role, Subject
from accounts.models.limits_and_holds import LIMITS
from saas.text import csv_cells, money

COLUMNS = ["subject", "name", *LIMITS]
MOST_BYTES = 2_000_000
MOST_IMAGES = 1_000_000_000
MOST_FAULTS = 20


class BadSheet(Refused):
    def __init__(self, faults: list[str]) -> None:
        more = f" And {len(faults) - MOST_FAULTS} more." if len(faults) > MOST_FAULTS else ""
        super().__init__(" ".join(faults[:MOST_FAULTS]) + more)
        self.faults = faults


class Line(NamedTuple):
    number: int
    quota: Quota
    values: dict[str, int | None]


def export(org: Organization) -> str:
    rows: list[list[object]] = [[*COLUMNS]]
    own = Quota.objects.filter(org=org).exclude(subject=Subject.LOAN)  # the loan is the operator's
    quotas = own.select_related("user", "api_key").order_by("subject", "pk")
    rows += [[quota.subject, _name(quota), *(_cell(quota, name) for name in LIMITS)] for quota in quotas]
    has_own = {quota.user_id for quota in quotas}
    people = org.memberships.exclude(role=Role.VIEWER).exclude(user__in=has_own - {None}).select_related("user")
    rows += [[Subject.MEMBER.value, member.user.email, "role", "role", "role", "role"] for member in people]
    return csv_cells.lines(rows)


def take(*, org: Organization, by: Membership, data: bytes) -> int:
    """Import a sheet. Return how many lines it had. A person whose every cell says “role” gets the limits of their role
    again."""
    lines = _read(org, data)
    for line in lines:
        if line.values:
            rules.change(org=org, by=by, quota=line.quota, values=line.values)
        else:
            rules.remove(org=org, by=by, quota=line.quota)
    audit.record(org=org, by=by.user, action="limits.imported", target=org.name, details={"lines": len(lines)})
    return len(lines)


def _read(org: Organization, data: bytes) -> list[Line]:
    if len(data) > MOST_BYTES:
        raise Refused("This file is too large for a sheet of limits.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8. Save it as “CSV UTF-8”.") from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or [cell.strip().lower() for cell in rows[0]] != COLUMNS:
        raise Refused(f"The first line must be: {', '.join(COLUMNS)}.")
    faults: list[str] = []
    lines: list[Line] = []
    seen: dict[tuple[object, ...], int] = {}
    known = _subjects(org)
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            line = _line(org, number, row, known)
            whose = (line.quota.subject, line.quota.role, line.quota.user_id, line.quota.api_key_id)
            if whose in seen:
                raise ValueError(f"{row[1]} is already in line {seen[whose]}.")
            seen[whose] = number
            lines.append(line)
        except ValueError as error:
            faults.append(f"Line {number}: {error}")
    if faults:
        raise BadSheet(faults)
    return lines


def _subjects(org: Organization) -> dict[tuple[str, str], dict[str, Any]]:
    known: dict[tuple[str, str], dict[str, Any]] = {(Subject.ORGANIZATION.value, ""): {}}
    known |= {(Subject.ROLE.value, role.value): {"role": role.value} for role in Role if role != Role.VIEWER}
    for member in org.memberships.select_related("user"):
        known[Subject.MEMBER.value, member.user.email] = {"user": member.user}
    for key in org.api_keys.filter(revoked_at=None):
        known[Subject.KEY.value, key.prefix] = {"api_key": key}
    return known


def _line(org: Organization, number: int, row: list[str], known: dict[tuple[str, str], dict[str, Any]]) -> Line:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(COLUMNS)} cells are expected, not {len(row)}.")
    subject, name, *cells = (cell.strip().removeprefix("'") for cell in row)
    named = known.get((subject.lower(), name.lower() if subject.lower() != Subject.KEY else name))
    if named is None:
        raise ValueError(f"There is no {subject or 'subject'} “{name}” here.")
    quota = Quota(org=org, subject=subject.lower(), **named)
    if [cell.lower() for cell in cells] == ["role"] * len(LIMITS) and quota.subject == Subject.MEMBER:
        return Line(number, quota, {})
    return Line(number, quota, {limit: _value(limit, cell) for limit, cell in zip(LIMITS, cells, strict=True)})


def _value(limit: str, cell: str) -> int | None:
    if cell == "" or cell.lower() == "unlimited":
        return None
    if limit.startswith("money"):
        return money.parse(cell)
    if not (cell.isascii() and cell.isdecimal()) or int(cell) > MOST_IMAGES:
        raise ValueError(f"“{cell[:20]}” is not a number of pictures.")
    return int(cell)


def _name(quota: Quota) -> str:
    if quota.user:
        return quota.user.email
    return quota.api_key.prefix if quota.api_key else quota.role


def _cell(quota: Quota, limit: str) -> str:
    value = getattr(quota, limit)
    if value is None:
        return ""
    return money.exact(value) if limit.startswith("money") else str(value)
