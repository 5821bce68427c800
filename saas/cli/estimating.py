"""Say what pictures will cost before they are made."""

import json
from argparse import Namespace
from typing import Any

from saas.cli.client import Client


def tell_estimate(options: Namespace, client: Client, asked: dict[str, Any]) -> int:
    said = client.post("/api/v1/estimate", asked)
    if options.json:
        print(json.dumps(said))
        return 0
    pictures = counted(said["pictures"])
    play = " of play money" if said["is_play"] else ""
    print(f"{pictures}: {range_of(said)}{play}")
    if said["upper_bound"] != said["high"]:
        print(f"Held: ${said['upper_bound']}, since a dearer connection may take over in an outage.")
    if said["a_month"]:
        print(f"A month of {options.pictures_a_day} pictures a day: at most ${said['a_month']}{play}")
    return 0


def range_of(said: dict[str, Any]) -> str:
    return f"${said['exact']}" if said["exact"] else f"${said['low']} to ${said['high']}"


def counted(pictures: int) -> str:
    return "1 picture" if pictures == 1 else f"{pictures} pictures"
