"""Run what bin/run starts inside the environment: `python -m saas.embedded`."""

import argparse
import logging
import os
import sys

from saas.embedded.refusal import Refusal
from saas.embedded.serve import serve
from saas.embedded.stop_signals import Stopped, Stopping


def main() -> int:
    options = _options()
    with Stopping() as stopping:
        try:
            return serve(stopping, host=options.host, port=options.port, data=options.data, opens=options.open)
        except Refusal as refusal:
            print(f"Darkroom cannot start. {refusal}", file=sys.stderr)
            return 1
        except Stopped:
            return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/run", description="Start Darkroom: everything in one program.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", default=8000, type=int, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", metavar="DIR", help="data folder (default: data beside bin, or DARKROOM_DATA)")
    parser.add_argument("--open", action="store_true", help="open the browser when it is ready")
    return parser.parse_args()


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # everything is closed; a request thread that hangs must not keep the process alive
