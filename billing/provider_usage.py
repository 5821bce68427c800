"""Read the provider's own usage from a file: pages of OpenAI's usage and costs API as JSON, or sheets that its pages
export as CSV. Columns differ from month to month, so known columns are read and the others ignored; a number is read
exactly or not at all."""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_BYTES = 10_000_000
MOST_ROWS = 200_000
MOST_COUNT = 10**15
MOST_NAMES = 200
MOST_DOLLARS = 10**9
MICROS = 1_000_000
ONE_DAY = timedelta(days=1)
BINARY = "This file is neither CSV nor JSON. Export the usage or the costs at the provider as CSV or JSON."

# Each kind of count, with the column names it has had. The first one that a row has is read.
COUNTS = {
    "text_in": ("input_text_tokens",),
    "image_in": ("input_image_tokens",),
    "tokens_in": ("input_tokens", "prompt_tokens", "n_context_tokens_total"),
    "cached_text": ("input_cached_text_tokens",),
    "cached_image": ("input_cached_image_tokens",),
    "cached": ("input_cached_tokens", "n_cached_context_tokens_total"),
    "image_out": ("output_image_tokens",),
    "text_out": ("output_text_tokens",),
    "tokens_out": ("output_tokens", "completion_tokens", "n_generated_tokens_total"),
    "images": ("images", "num_images"),
    "requests": ("num_model_requests", "num_requests", "n_requests"),
}
AMOUNTS = ("amount_value", "amount", "cost", "cost_usd", "total_cost")
CURRENCIES = ("amount_currency", "currency")
BEGINNINGS = ("start_time_iso", "start_time", "date", "day", "timestamp", "created", "aggregation_timestamp")
ENDS = ("end_time_iso", "end_time")
OURS = ({"entry", "written_at", "amount_usd"}, {"run", "asked_at", "amount_usd"}, {"BilledCost", "BillingAccountId"})
WHOLE = re.compile(r"\d{1,16}(?:\.0+)?", re.ASCII)
AMOUNT = re.compile(r"-?\d{1,12}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?", re.ASCII)


class BadFile(Exception):
    """A file that cannot be read. Its text is one sentence for the person who brought the file."""


@dataclass
class ReportedUsage:
    """What the file says, added up. A kind that the file does not mention is absent, because no number is not zero."""

    first: date  # days as the provider counts them, in UTC
    last: date
    counts: dict[str, dict[str, int]] = field(default_factory=dict)  # of each model, by kind; "" if no model is named
    micros: int | None = None
    organizations: set[str] = field(default_factory=set)
    projects: set[str] = field(default_factory=set)
    rows: int = 0

    @property
    def models(self) -> set[str]:
        return set(self.counts) - {""}

    def counted(self, left_out: Collection[str]) -> dict[str, int]:
        """Return the counts by kind, of all models except `left_out`."""
        sums: dict[str, int] = {}
        for model, counts in self.counts.items():
            for kind, count in counts.items() if model not in left_out else ():
                sums[kind] = sums.get(kind, 0) + count
        return sums


def read_report(data: bytes) -> ReportedUsage:
    if len(data) > MOST_BYTES:
        raise BadFile(f"This file is larger than {MOST_BYTES // 10**6} MB. Export a shorter time.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(BINARY) from None
    if "\0" in text or not text.strip():
        raise BadFile(BINARY if text.strip() else "This file is empty.")
    rows = _of_json(text) if text.lstrip()[:1] in {"{", "["} else _of_csv(text)
    return _added_up(rows)


def _added_up(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> ReportedUsage:
    said: ReportedUsage | None = None
    amount: Decimal | None = None
    for number, (where, row) in enumerate(rows):
        if number >= MOST_ROWS:
            raise BadFile(f"This file has more than {MOST_ROWS:,} rows. Export a shorter time.")
        first, last = _days(where, row)
        said = said or ReportedUsage(first, last)
        said.first, said.last = min(said.first, first), max(said.last, last)
        money = _amount(where, row)
        if money is not None:
            amount = (amount or Decimal(0)) + money
        _count_row(where, row, said)
    if said is None:
        raise BadFile("There is no row of usage in this file.")
    if not said.counted(()) and amount is None:
        raise BadFile("Nothing in this file is a number of tokens, pictures or dollars that Darkroom knows.")
    said.micros = None if amount is None else int((amount * MICROS).to_integral_value())
    return said


def _count_row(where: str, row: Mapping[str, Any], said: ReportedUsage) -> None:
    model = _name(row, "model")
    if model not in said.counts and len(said.counts) > MOST_NAMES:
        raise BadFile(f"This file names more than {MOST_NAMES} models.")
    counts = said.counts.setdefault(model, {})
    for kind, names in COUNTS.items():
        count = _count(where, row, names)
        if count is not None:
            counts[kind] = counts.get(kind, 0) + count
    for name, found in (("organization_id", said.organizations), ("project_id", said.projects)):
        if len(found) < MOST_NAMES:
            found.update({_name(row, name)} - {""})
    said.rows += 1


def _name(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(column) or "").strip()[:120]


def _of_csv(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader)]
        _must_be_theirs({name.strip() for name in head.split(delimiter)})
        if not ({*BEGINNINGS} & {*names}):
            raise BadFile(f"The first line has to name the columns, and one of them has to be {BEGINNINGS[0]}.")
        if len(set(names)) < len(names):
            raise BadFile("A column appears twice in the first line.")
        for line in reader:
            if not any(cell.strip() for cell in line):
                continue
            if len(line) != len(names):
                raise BadFile(f"Line {reader.line_num} has {len(line)} cells and the first line has {len(names)}.")
            row = dict(zip(names, line, strict=True))
            if any(row.get(name, "").strip() for name in names if name not in {*BEGINNINGS, *ENDS}):
                yield f"Line {reader.line_num}", row  # else a day on which nothing was used
    except csv.Error:
        raise BadFile(BINARY) from None


def _of_json(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (json.JSONDecodeError, RecursionError, InvalidOperation, ValueError):
        raise BadFile("This file begins like JSON but is not valid JSON.") from None
    for page in found if isinstance(found, list) else [found]:
        buckets = page.get("data", [page]) if isinstance(page, dict) else None
        if not isinstance(buckets, list):
            raise BadFile("This JSON is not a page of the provider's usage or costs.")
        for number, bucket in enumerate(buckets, start=1):
            if not isinstance(bucket, dict):
                raise BadFile("This JSON is not a page of the provider's usage or costs.")
            yield from _of_bucket(number, bucket)


def _of_bucket(number: int, bucket: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    results = bucket.get("results", bucket.get("result", [bucket]))
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        raise BadFile(f"Bucket {number} of this JSON has no list of results.")
    times = {name: bucket[name] for name in (*BEGINNINGS, *ENDS) if name in bucket}
    for result in results:
        row = {**result, **times}
        amount = row.pop("amount", None)
        if isinstance(amount, dict):
            row |= {"amount_value": amount.get("value"), "amount_currency": amount.get("currency")}
        elif amount is not None:
            row["amount"] = amount
        yield f"Bucket {number}", row


def _must_be_theirs(names: set[str]) -> None:
    if any(ours <= names for ours in OURS):
        raise BadFile("This file was exported by Darkroom. Choose the file that the provider's usage page exports.")


def _days(where: str, row: Mapping[str, Any]) -> tuple[date, date]:
    said = next((row[name] for name in BEGINNINGS if str(row.get(name) or "").strip()), None)
    until = next((row[name] for name in ENDS if str(row.get(name) or "").strip()), None)
    first = _moment(where, said)
    last = _moment(where, until) - timedelta(microseconds=1) if until is not None else first
    if not first.date() - ONE_DAY < last.date() <= first.date() + 400 * ONE_DAY:
        raise BadFile(f"{where} ends before it begins, or more than a year later.")
    return first.date(), last.date()


def _moment(where: str, value: Any) -> datetime:
    text = str(value if value is not None else "").strip()
    try:
        if re.fullmatch(r"\d{9,11}(\.0+)?", text, re.ASCII):
            moment = datetime.fromtimestamp(int(text.split(".")[0]), UTC)
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise BadFile(f"{where} does not say when it was: “{text[:40]}”.") from None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not datetime(2020, 1, 1, tzinfo=UTC) <= moment <= datetime.now(UTC) + 3 * ONE_DAY:
        raise BadFile(f"{where} is dated {moment:%Y-%m-%d}, which is impossible.")
    return moment


def _count(where: str, row: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    name = next((name for name in names if row.get(name) is not None and str(row[name]).strip() != ""), None)
    if name is None:
        return None
    text = str(row[name]).strip()
    if isinstance(row[name], bool) or not WHOLE.fullmatch(text) or int(text.split(".")[0]) > MOST_COUNT:
        raise BadFile(f"{where}, {name}: “{text[:40]}” is not a count.")
    return int(text.split(".")[0])


def _amount(where: str, row: Mapping[str, Any]) -> Decimal | None:
    name = next((name for name in AMOUNTS if row.get(name) is not None and str(row[name]).strip() != ""), None)
    if name is None:
        return None
    currency = next((str(row[one]).strip().lower() for one in CURRENCIES if row.get(one)), "usd")
    if currency != "usd":
        raise BadFile(f"{where} is in “{currency[:10]}”. Only dollars can be compared.")
    text = str(row[name]).strip()
    if isinstance(row[name], bool) or not AMOUNT.fullmatch(text):
        raise BadFile(f"{where}, {name}: “{text[:40]}” is not an amount.")
    value = Decimal(text)
    if abs(value) > MOST_DOLLARS:
        raise BadFile(f"{where}, {name}: an amount above a billion dollars is impossible.")
    return value


def _no_number(text: str) -> None:
    raise ValueError(text)
