"""Define the columns of each kind of export as SQL: PostgreSQL writes the file itself, so that a million rows take
seconds.

Text is made harmless for spreadsheets, which run what looks like a formula; amounts are exact decimals of dollars."""

from collections.abc import Mapping
from typing import NamedTuple

from saas.text.csv_cells import FORMULA_STARTS

STARTS = ", ".join(f"chr({ord(char)})" for char in sorted(FORMULA_STARTS))


def text(column: str) -> str:
    return f"CASE WHEN left({column}, 1) IN ({STARTS}) THEN '''' || ({column}) ELSE {column} END"


def dollars(column: str) -> str:
    return f"round({column} / 1000000.0, 6)"


def stamp(moment: str) -> str:
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


def midnight(day: str) -> str:
    return f"(({day})::timestamp AT TIME ZONE %(zone)s)"


class Column(NamedTuple):
    """A column's value as SQL, and how each kind of file writes it."""

    sql: str
    kind: str = "plain"  # or: text (of people), money (in micro-dollars), stamp (a moment), flag (true or false)

    def plain(self) -> str:
        """Return the SQL for files that no spreadsheet runs."""
        return {"money": dollars, "stamp": stamp}.get(self.kind, _itself)(self.sql)

    def harmless(self) -> str:
        """Return the SQL for CSV, where a spreadsheet guesses the type of each cell."""
        if self.kind == "flag":
            return f"({self.sql})::text"  # true and false, where COPY writes t and f
        return text(self.sql) if self.kind == "text" else self.plain()

    def typed(self) -> str:
        """Return the SQL for workbooks, which say of which type each cell is."""
        return dollars(self.sql) if self.kind == "money" else self.sql


Columns = Mapping[str, Column]


def _itself(sql: str) -> str:
    return sql


LEDGER: Columns = {
    "entry": Column("code"),
    "written_at": Column("at", "stamp"),
    "day": Column("counted_on"),
    "own_day": Column("coalesce(held_on, counted_on)"),
    "kind": Column("kind"),
    "amount_usd": Column("micros", "money"),
    "open_usd": Column("open_micros", "money"),
    "images": Column("images"),
    "estimated": Column("is_estimated", "flag"),
    "sandbox": Column("is_play", "flag"),
    "person": Column("user_label", "text"),
    "api_key": Column("key_label", "text"),
    "connection": Column("connection_label", "text"),
    "project": Column("project", "text"),
    "model": Column("model", "text"),
    "quality": Column("quality", "text"),
    "size": Column("size", "text"),
    "run_kind": Column("run_kind"),
    "text_in": Column("text_in"),
    "image_in": Column("image_in"),
    "cached_text": Column("cached_text"),
    "cached_image": Column("cached_image"),
    "image_out": Column("image_out"),
    "text_out": Column("text_out"),
    "talk_in": Column("talk_in"),
    "talk_cached": Column("talk_cached"),
    "talk_out": Column("talk_out"),
    "run": Column("run_code"),
    "slot": Column("slot_code"),
    "attempt": Column("attempt"),
    "provider_request": Column("request_id", "text"),
    "price_row": Column("coalesce((tariff->>'flat_price_id'), (tariff->>'price_id'))"),
    "by": Column("by_label", "text"),
    "note": Column("note", "text"),
}

# FinOps Open Cost and Usage Specification 1.0. What is unknown of a picture is null, as the specification allows.
IS_CORRECTION = "kind = 'correction'"
UNLESS_CORRECTION = "CASE WHEN kind <> 'correction' THEN {} END"
FOCUS = {
    "AvailabilityZone": "NULL",
    "BilledCost": dollars("micros"),
    "BillingAccountId": "%(account)s",
    "BillingAccountName": text("%(account_name)s::text"),
    "BillingCurrency": "'USD'",
    "BillingPeriodEnd": stamp(midnight("date_trunc('month', counted_on) + interval '1 month'")),
    "BillingPeriodStart": stamp(midnight("date_trunc('month', counted_on)")),
    "ChargeCategory": "'Usage'",
    "ChargeClass": f"CASE WHEN {IS_CORRECTION} THEN 'Correction' END",
    "ChargeDescription": text("concat_ws(' ', model, quality, size, nullif(note, ''))"),
    "ChargeFrequency": "'Usage-Based'",
    "ChargePeriodEnd": stamp(midnight("counted_on + interval '1 day'")),
    "ChargePeriodStart": stamp(midnight("counted_on")),
    "CommitmentDiscountCategory": "NULL",
    "CommitmentDiscountId": "NULL",
    "CommitmentDiscountName": "NULL",
    "CommitmentDiscountStatus": "NULL",
    "CommitmentDiscountType": "NULL",
    "ConsumedQuantity": UNLESS_CORRECTION.format("images"),
    "ConsumedUnit": UNLESS_CORRECTION.format("'Images'"),
    "ContractedCost": dollars("micros"),
    "ContractedUnitPrice": UNLESS_CORRECTION.format(dollars("micros::numeric / greatest(images, 1)")),
    "EffectiveCost": dollars("micros"),
    "InvoiceIssuerName": text("coalesce(nullif(connection_label, ''), 'Unknown')"),
    "ListCost": dollars("micros"),
    "ListUnitPrice": UNLESS_CORRECTION.format(dollars("micros::numeric / greatest(images, 1)")),
    "PricingCategory": UNLESS_CORRECTION.format("'Standard'"),
    "PricingQuantity": UNLESS_CORRECTION.format("images"),
    "PricingUnit": UNLESS_CORRECTION.format("'Images'"),
    "ProviderName": text("coalesce(nullif(connection_label, ''), 'Unknown')"),
    "PublisherName": text("coalesce(nullif(connection_label, ''), 'Unknown')"),
    "RegionId": "NULL",
    "RegionName": "NULL",
    "ResourceId": "run_code",
    "ResourceName": "NULL",
    "ResourceType": "'Image run'",
    "ServiceCategory": "'AI and Machine Learning'",
    "ServiceName": text("model"),
    "SkuId": text("concat_ws('/', model, nullif(quality, ''), nullif(size, ''))"),
    "SkuPriceId": "coalesce((tariff->>'flat_price_id'), (tariff->>'price_id'))",
    "SubAccountId": "coalesce(key_code::text, user_id::text)",
    "SubAccountName": text("coalesce(nullif(key_label, ''), user_label)"),
    "Tags": "json_strip_nulls(json_build_object('person', user_label, 'api_key', nullif(key_label, ''), "
    "'project', nullif(project, ''), 'run_kind', nullif(run_kind, '')))::text",
}


def listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f'{expression} AS "{name}"' for name, expression in columns.items())
