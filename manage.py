"""Run Django's commands. Without DATABASE_URL, they work on the data of bin/run and start its PostgreSQL."""

import sys

from saas.embedded.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv))
