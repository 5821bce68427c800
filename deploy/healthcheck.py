"""Asks the web process of this container whether it lives, by a name that it answers to."""

import http.client
import os
import sys


def main() -> int:
    name = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")
    peer = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=5)
    peer.request("GET", "/healthz", headers={"Host": name})
    return 0 if peer.getresponse().status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
