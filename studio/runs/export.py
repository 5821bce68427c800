"""Offer runs as rows of an export. Billing makes the file, and learns from here what a run is."""

from typing import Any

from billing.sheets import Column
from billing.sources import ExportRange, Source, register

COLUMNS = {
    "run": Column("r.code"),
    "asked_at": Column("r.created_at", "stamp"),
    "ended_at": Column("r.ended_at", "stamp"),
    "seconds": Column("round(extract(epoch FROM r.ended_at - r.created_at))::bigint"),
    "person": Column("coalesce(nullif(u.name, ''), u.email)", "text"),
    "email": Column("u.email", "text"),
    "api_key": Column("k.name", "text"),
    "connection": Column("c.name", "text"),
    "project": Column("r.project", "text"),
    "kind": Column("r.kind"),
    "model": Column("r.model", "text"),
    "quality": Column("r.asked->>'quality'", "text"),
    "size": Column("r.asked->>'size'", "text"),
    "pictures_asked": Column("r.count"),
    "pictures_made": Column("slots.made"),
    "state": Column("r.state"),
    "amount_usd": Column("coalesce(paid.micros, 0)", "money"),
    "may_have_been_charged": Column("slots.doubtful"),
    "trouble": Column("slots.trouble", "text"),
    "visibility": Column("r.visibility"),
    "prompt": Column("CASE WHEN r.visibility = 'team' OR r.maker_id = %(reader)s THEN r.prompt END", "text"),
    "end_user": Column("r.end_user", "text"),
    "parent": Column("p.code"),
    "sandbox": Column("%(play)s::boolean", "flag"),
}
# The filters of usage, as columns of a run.
ONLY = {
    "member": "r.maker_id",
    "key": "k.code",
    "model": "r.model",
    "quality": "r.asked->>'quality'",
    "kind": "r.kind",
    "project": "r.project",
    "connection": "c.code",
}
# Each run with the sum of its entries and the outcomes of its slots. The hold says whether it was play money; for runs
# older than holds, the connection's kind does.
ROWS = """
FROM studio_run r
JOIN accounts_user u ON u.id = r.maker_id
LEFT JOIN accounts_apikey k ON k.id = r.api_key_id
LEFT JOIN accounts_providerconnection c ON c.id = r.connection_id
LEFT JOIN studio_run p ON p.id = r.parent_id
LEFT JOIN LATERAL (
    SELECT sum(micros)::bigint AS micros FROM billing_entry e
    WHERE e.run_code = r.code AND e.org_id = r.org_id AND e.id <= %(upto)s
) paid ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'succeeded') AS made,
           count(*) FILTER (WHERE charged = 'perhaps') AS doubtful,
           string_agg(DISTINCT nullif(error_sentence, ''), ' ') AS trouble
    FROM studio_slot s WHERE s.run_id = r.id
) slots ON true
WHERE r.org_id = %(org)s
  AND (r.created_at AT TIME ZONE %(zone)s)::date BETWEEN %(first)s AND %(last)s
  AND coalesce((SELECT h.is_play FROM accounts_hold h WHERE h.run_code = r.code LIMIT 1), c.kind = 'sandbox', false)
      = %(play)s
"""


def rows_of_runs(wanted: ExportRange) -> tuple[str, dict[str, Any]]:
    scope = wanted.scope
    values = {
        **wanted.values(),
        "org": scope.org.pk,
        "play": scope.is_play,
        "first": scope.span.first,
        "last": scope.span.last,
    }
    rows = ROWS
    if scope.user_id is not None:
        rows += "  AND r.maker_id = %(user)s\n"
        values["user"] = scope.user_id
    for name, value in scope.only.items():
        rows += f"  AND coalesce({ONLY[name]}::text, '') = %(only_{name})s\n"
        values[f"only_{name}"] = value
    return f"{rows}ORDER BY r.id", values


def register_runs() -> None:
    register(Source("runs", "Runs", "Each run with its prompt, its result and its cost.", COLUMNS, rows_of_runs))
