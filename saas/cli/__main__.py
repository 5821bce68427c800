import sys

from saas.cli.main import main

sys.exit(main())
