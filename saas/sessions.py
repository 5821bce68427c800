"""Sessions in the database. Where one ends, by signing out, by a changed password, or by being replaced at sign-in, the
sockets that were opened with it end, too: this is the one place that all of those pass."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from saas import live
from saas.transactions import after_commit


class SessionStore(DatabaseSessionStore):
    def delete(self, session_key: str | None = None) -> None:
        ended = session_key or self.session_key
        super().delete(session_key)
        if ended:
            after_commit(live.announce, live.session_group(ended), {"type": "access.ended"})
