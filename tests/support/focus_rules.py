"""The published rules of FOCUS 1.0 for the columns that a file of costs must have: which there are, which may be null,
which words are allowed, how amounts and times are written, and how columns hang together."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal

COLUMNS = {
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SubAccountId",
    "SubAccountName",
    "Tags",
}
NEVER_NULL = {
    "BilledCost",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
}
WORDS = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"", "Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {
        "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools",
        "Multicloud", "Identity", "Integration", "Internet of Things", "Management and Governance", "Media",
        "Migration", "Mobile", "Networking", "Security", "Storage", "Web", "Other",
    },
}  # fmt: skip
COSTS = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
NAME = re.compile(r"[A-Z][A-Za-z]{0,49}")


def faults(header: list[str], rows: Iterable[dict[str, str]]) -> list[str]:
    found = [f"{name} is missing" for name in sorted(COLUMNS - set(header))]
    found += [f"{name} is no name" for name in header if not NAME.fullmatch(name)]
    found += [f"{name} comes twice" for name in set(header) if header.count(name) > 1]
    for number, row in enumerate(rows):
        found += [f"row {number}: {fault}" for fault in _faults(row)]
    return found


def _faults(row: dict[str, str]) -> Iterable[str]:
    for name in NEVER_NULL:
        if row[name] == "":
            yield f"{name} is null"
    for name, words in WORDS.items():
        if row[name] not in words:
            yield f"{name} says {row[name]!r}"
    for name in COSTS:
        if not NUMBER.fullmatch(row[name]):
            yield f"{name} is no number: {row[name]!r}"
    for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"):
        if not TIME.fullmatch(row[name]):
            yield f"{name} is no time: {row[name]!r}"
    if not re.fullmatch(r"[A-Z]{3}", row["BillingCurrency"]):
        yield "BillingCurrency is no code"
    if not row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]:
        yield "the charge lies outside of its billing period"
    tags = json.loads(row["Tags"])
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        yield "Tags are no pairs of texts"
    yield from _faults_of_prices(row)


def _faults_of_prices(row: dict[str, str]) -> Iterable[str]:
    if (row["PricingQuantity"] == "") != (row["PricingUnit"] == ""):
        yield "PricingUnit and PricingQuantity go together"
    if (row["ConsumedQuantity"] == "") != (row["ConsumedUnit"] == ""):
        yield "ConsumedUnit and ConsumedQuantity go together"
    if row["ChargeClass"] == "Correction":
        return
    if row["ChargeCategory"] == "Usage" and not (row["PricingQuantity"] and row["PricingCategory"]):
        yield "usage says how much and how it is priced"
    for cost, price in (("ListCost", "ListUnitPrice"), ("ContractedCost", "ContractedUnitPrice")):
        if row[price] and Decimal(row[price]) * Decimal(row["PricingQuantity"]) != Decimal(row[cost]):
            yield f"{cost} is not {price} times PricingQuantity"
