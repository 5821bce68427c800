"""Ask for better words for a prompt, and wait until they are there."""

import json
import sys
import time
import uuid
from argparse import Namespace

from saas.cli.client import Client
from saas.cli.errors import CommandFailed

WAIT_SECONDS = 30
MOST_SECONDS = 240.0
LOOK_SECONDS = 1.0


def improve(options: Namespace, client: Client) -> int:
    ends_at = time.monotonic() + MOST_SECONDS
    path = f"/api/v1/prompts/optimize?wait={WAIT_SECONDS}"
    asked = client.post(path, {"prompt": options.prompt}, request_key=uuid.uuid4().hex)
    while asked["state"] == "waiting":
        if time.monotonic() > ends_at:
            raise CommandFailed(
                4, f"There is no answer yet. It will be at {path.partition('/optimize')[0]}/{asked['id']}."
            )
        time.sleep(LOOK_SECONDS)
        asked = client.get(f"/api/v1/prompts/{asked['id']}")
    if options.json:
        print(json.dumps(asked))
    elif asked["suggestion"]:
        print(asked["suggestion"])
    if asked["error"] and not options.json:
        print(asked["error"]["message"], file=sys.stderr)
    return 1 if asked["error"] else 0
