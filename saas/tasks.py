import dramatiq

from saas import mail
from saas.sealing import CannotUnseal

HOUR = 3_600_000


@dramatiq.actor(max_retries=12, min_backoff=15_000, max_backoff=HOUR, time_limit=60_000, throws=(CannotUnseal,))
def deliver(sealed: str) -> None:
    """May come twice when a worker dies between the mail server's yes and ours; a second mail is the lesser harm."""
    mail.deliver(sealed)
