"""Answer allauth's questions: the sign-up form's extra field, who may sign up, links in mails, and how second factors
are sealed."""

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmation
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from accounts import mail_outbox
from accounts.forms import plain_name
from accounts.issuer.adapter import drop_unproved_links
from accounts.models import User
from accounts.people import sign_up_rules
from saas import broadcast
from saas.crypto import sealing
from saas.database.transactions import after_commit
from saas.ops import request_info

SEALING_CONTEXT = "second-factor"
SEALED_FIELDS = ("secret", "seed")  # of a TOTP app; of recovery codes


class SignupForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        label="Your name",
        validators=[plain_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return sign_up_rules.is_open_for(request)

    def set_password(self, user: User, password: str) -> None:
        """Set the password. That ends every session but the one that did it; end the sockets too. After a reset by
        e-mail, the account must be closed to all others."""
        super().set_password(user, password)
        drop_unproved_links(user)
        after_commit(broadcast.announce, broadcast.person_everywhere(user.pk), {"type": "access.ended"})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send by a worker, like every mail. Each link leads to PUBLIC_URL: a link made from the request would lead
        wherever the sender of the request wishes."""
        urls = {name: request_info.public_url(value) for name, value in context.items() if name.endswith("_url")}
        context = {"email": email, "home": settings.PUBLIC_URL, **context, **urls}
        message = self.render_mail(template_prefix, email, context)
        mail_outbox.send(subject=message.subject, body=message.body, to=message.to)

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return request_info.public_url(path.replace("UID-KEY", quote(key)))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return request_info.public_url(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's network, by which tries are counted."""
        network = request_info.client_network(request)
        if network is None:
            raise PermissionDenied("The client's address cannot be read.")
        return network

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        whole = {"ip": request_info.client_address(self.request), **(context or {})}
        super().send_notification_mail(template_prefix, user, whole, email)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failed sign-ins by account alone. allauth also counts by host and port, and a client may send any port:
        each would give five more tries."""
        return str(credentials.get("email", "")).lower()


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    def encrypt(self, text: str) -> str:
        """Seal TOTP secrets and recovery seeds before they are stored, like provider keys."""
        return sealing.seal(text, context=SEALING_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text, context=SEALING_CONTEXT).reveal()

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Darkroom"}


def reseal_second_factor(authenticator: Authenticator) -> bool:
    """Seal the secret under the newest encryption key. Return whether anything changed."""
    was_changed = False
    for field in SEALED_FIELDS:
        if field in authenticator.data:
            authenticator.data[field], was_changed = sealing.reseal(authenticator.data[field], context=SEALING_CONTEXT)
    if was_changed:
        authenticator.save(update_fields=["data"])
    return was_changed
