"""Wait for a masked edit's untouched pixels, from which the next turn starts."""

import time

from accounts.models import Organization
from saas.database import tenancy
from saas.database.release import released
from studio.models import Composite
from studio.threads.base import UNFINISHED, Base, ParentRefused

PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.1


def wait(org: Organization, base: Base) -> None:
    """Wait until the base's composite has ended, without a database connection in between. Raise ParentRefused if it
    takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _is_waiting(org, base):
        if time.monotonic() > deadline:
            sentence = "The untouched pixels of that picture are still being put back. Try again in a few seconds."
            raise ParentRefused(UNFINISHED, sentence)
        time.sleep(LOOK_SECONDS)


def _is_waiting(org: Organization, base: Base) -> bool:
    with released(), tenancy.tenant(org.pk):
        return Composite.objects.filter(output=base.output, state=Composite.State.WAITING).exists()
