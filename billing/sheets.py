"""The columns of each kind of export, as SQL: PostgreSQL writes the file itself, so that a million rows take seconds.

Text is made harmless for spreadsheets, which run what looks like a formula; amounts are exact decimals of dollars."""

from saas.sheets import FORMULA_STARTS

STARTS = ", ".join(f"chr({ord(char)})" for char in sorted(FORMULA_STARTS))


def text(column: str) -> str:
    return f"CASE WHEN left({column}, 1) IN ({STARTS}) THEN '''' || {column} ELSE {column} END"


def dollars(column: str) -> str:
    return f"round({column} / 1000000.0, 6)"


def stamp(moment: str) -> str:
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


def midnight(day: str) -> str:
    return f"(({day})::timestamp AT TIME ZONE %(zone)s)"


LEDGER = {
    "entry": "code",
    "written_at": stamp("at"),
    "day": "counted_on",
    "kind": "kind",
    "amount_usd": dollars("micros"),
    "open_usd": dollars("open_micros"),
    "images": "images",
    "estimated": "is_estimated",
    "sandbox": "is_play",
    "person": "user_label",
    "api_key": "key_label",
    "connection": "connection_label",
    "project": "project",
    "model": "model",
    "quality": "quality",
    "size": "size",
    "run_kind": "run_kind",
    "text_in": "text_in",
    "image_in": "image_in",
    "cached_text": "cached_text",
    "cached_image": "cached_image",
    "image_out": "image_out",
    "text_out": "text_out",
    "talk_in": "talk_in",
    "talk_cached": "talk_cached",
    "talk_out": "talk_out",
    "run": "run_code",
    "slot": "slot_code",
    "attempt": "attempt",
    "provider_request": "request_id",
    "price_row": "coalesce((tariff->>'flat_price_id'), (tariff->>'price_id'))",
    "by": "by_label",
    "note": "note",
}

TEXTS = {"person", "api_key", "connection", "project", "model", "quality", "size", "provider_request", "by", "note"}
FOR_SPREADSHEETS = {name: text(column) if name in TEXTS else column for name, column in LEDGER.items()}

# FinOps Open Cost and Usage Specification 1.0. What cannot be known of a picture is null, as the specification allows.
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


def select(columns: dict[str, str], where: str) -> str:
    """As a query whose answer is in the order in which entries were written."""
    words = ", ".join(f'{expression} AS "{name}"' for name, expression in columns.items())
    return f"SELECT {words} FROM billing_entry WHERE {where} ORDER BY id"  # noqa: S608 words of ours
