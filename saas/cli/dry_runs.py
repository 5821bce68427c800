"""Say what a batch would make and cost, and which of its rows would be refused, without making anything."""

import json
import sys
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from saas.cli import batch
from saas.cli.client import Client
from saas.cli.errors import CommandFailed
from saas.cli.estimating import counted

WRONG = 2


def run(options: Namespace, client: Client) -> int:
    rows, done = batch.read_rows(Path(options.file)), batch.rows_with_pictures(Path(options.out))
    todo = [number for number in range(len(rows)) if number not in done]
    with ThreadPoolExecutor(options.concurrency) as pool:
        said = list(pool.map(lambda number: _estimate(client, rows[number]), todo))
    faults = [
        {"row": number + 1, "message": one} for number, one in zip(todo, said, strict=True) if isinstance(one, str)
    ]
    prices = [one for one in said if isinstance(one, dict)]
    told: dict[str, Any] = {"rows": len(rows), "done": len(done), "pictures": sum(one["pictures"] for one in prices)}
    told |= {
        name: str(sum((Decimal(one[name]) for one in prices), Decimal())) for name in ("low", "high", "upper_bound")
    }
    told["faults"] = faults
    if options.json:
        print(json.dumps(told))
    else:
        play = " of play money" if prices and all(one["is_play"] for one in prices) else ""
        print(f"{counted(told['pictures'])}, at most ${told['upper_bound']}{play}.")
        for fault in faults:
            print(f"Row {fault['row']}: {fault['message']}", file=sys.stderr)
    return WRONG if faults else 0


def _estimate(client: Client, row: dict[str, Any]) -> dict[str, Any] | str:
    """Return the estimate of a row, or why it is refused."""
    try:
        found: dict[str, Any] = client.post("/api/v1/estimate", {name: row[name] for name in row if name != "name"})
    except CommandFailed as failure:
        if failure.code != WRONG:
            raise
        return failure.sentence
    return found
