"""Find the person of a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts import access
from accounts.models import User


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    def get_user(self, user_id: Any) -> User | None:
        """Return the person with their rights, which every page needs next."""
        user = access.read_person(int(user_id))
        return user if self.user_can_authenticate(user) else None
