import dramatiq

from studio import line

# Above the longest that a provider may take, so that an honest end comes before a forced one.
TIME_LIMIT_MILLISECONDS = 30 * 60 * 1000
COMPOSE_LIMIT_MILLISECONDS = 150 * 1000
REWRITE_LIMIT_MILLISECONDS = 120 * 1000


@dramatiq.actor(max_retries=0, time_limit=TIME_LIMIT_MILLISECONDS)
def develop() -> None:
    """Says nothing of whom: the line knows who is next. One message serves one slot, and calls for the next."""
    from studio import engine  # with the provider's SDK, which takes half a second to load and which no page needs

    if engine.develop_next() and line.count_waiting():
        develop.send()


@dramatiq.actor(max_retries=0, time_limit=TIME_LIMIT_MILLISECONDS)
def reconcile() -> None:
    from studio import reconciling

    reconciling.all_organizations()


@dramatiq.actor(max_retries=0, time_limit=REWRITE_LIMIT_MILLISECONDS)
def rewrite() -> None:
    """Says nothing of whose prompt: the ticket that is due knows."""
    from studio import rewrites

    if rewrites.make_next() and rewrites.count_due():
        rewrite.send()


@dramatiq.actor(max_retries=0, time_limit=COMPOSE_LIMIT_MILLISECONDS)
def compose() -> None:
    """Says nothing of whom: the ticket that is due knows. Tried again by the ticket, not by the message."""
    from studio import composites

    if composites.make_next() and composites.count_due():
        compose.send()
