"""Keep sessions in the database, and end a session's sockets with it. A session ends by signing out, by a changed
password, or by being replaced at sign-in; all of those pass through `SessionStore.delete`."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from saas import broadcast
from saas.database.transactions import after_commit

AT_ONCE = 1000


class SessionStore(DatabaseSessionStore):
    def delete(self, session_key: str | None = None) -> None:
        ended = session_key or self.session_key
        super().delete(session_key)
        if ended:
            after_commit(broadcast.announce, broadcast.session_group(ended), {"type": "access.ended"})


def clear_expired() -> None:
    """Delete expired sessions, AT_ONCE at a time, so that no sign-in waits for it."""
    while keys := list(Session.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:AT_ONCE]):
        Session.objects.filter(pk__in=keys, expire_date__lt=timezone.now()).delete()
