"""An authenticator of our own, in software: it makes passkeys and signs what a browser would have it sign."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from accounts.models import User
from tests.conftest import PASSWORD

ORIGIN = "http://testserver"
LOGIN = "/accounts/2fa/webauthn/login/"
ADD = "/accounts/2fa/webauthn/add/"
PRESENT, VERIFIED, ATTESTED = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV, AuthenticatorData.FLAG.AT
ALGORITHM = 3  # the name of that field of a COSE key
Credential = dict[str, Any]


@dataclass
class Passkey:
    """One key pair. The fields say what it claims, so that a test can have it lie."""

    origin: str = ORIGIN
    rp_id: str = "testserver"
    flags: AuthenticatorData.FLAG = PRESENT | VERIFIED
    counter: int = 0  # as of a key that is synchronized between devices: it counts nothing
    is_inside_a_frame: bool = False
    user_handle: str = ""
    id: bytes = field(default_factory=lambda: token_bytes(16))
    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    algorithm: int = ES256.ALGORITHM

    def register(self, options: dict[str, Any]) -> Credential:
        """Answer the options of a page that adds a key."""
        asked = options["publicKey"]
        self.user_handle = asked["user"]["id"]
        public_key = ES256.from_cryptography_key(self.private_key.public_key())  # type: ignore[no-untyped-call]  # fido2's
        public_key[ALGORITHM] = self.algorithm
        attested = AttestedCredentialData.create(Aaguid.NONE, self.id, public_key)
        data = AuthenticatorData.create(self._rp_id_hash(), self.flags | ATTESTED, self.counter, attested)
        return self._credential(
            clientDataJSON=websafe_encode(self._client_data(CollectedClientData.TYPE.CREATE, asked["challenge"])),
            attestationObject=websafe_encode(AttestationObject.create("none", data, {})),
        )

    def sign(self, options: dict[str, Any]) -> Credential:
        """Answer the options of a page that asks for a key."""
        client_data = self._client_data(CollectedClientData.TYPE.GET, options["publicKey"]["challenge"])
        data = AuthenticatorData.create(self._rp_id_hash(), self.flags, self.counter)
        signature = self.private_key.sign(data + client_data.hash, ec.ECDSA(SHA256()))
        return self._credential(
            clientDataJSON=websafe_encode(client_data),
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(signature),
            userHandle=self.user_handle,
        )

    def _client_data(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(kind, websafe_decode(challenge), self.origin, self.is_inside_a_frame)

    def _rp_id_hash(self) -> bytes:
        return sha256(self.rp_id.encode()).digest()

    def _credential(self, **response: str) -> Credential:
        name = websafe_encode(self.id)
        results = {"credProps": {"rk": True}}
        return {
            "type": "public-key", "id": name, "rawId": name, "response": response, "clientExtensionResults": results,
        }  # fmt: skip


def sign_in_options(client: Client) -> dict[str, Any]:
    """Ask for what the page of sign-in has a browser ask of the person's keys."""
    answer = client.get(LOGIN, headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.status_code == 200
    options: dict[str, Any] = answer.json()["request_options"]
    return options


def page_options(client: Client, url: str) -> dict[str, Any]:
    """Ask for the options that a page carries in its data for the script."""
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code, answer.get("Location"))
    data: dict[str, Any] = answer.context["js_data"]
    return dict(data.get("creation_options") or data["request_options"])


def send(client: Client, url: str, credential: object, **fields: str) -> Any:
    return client.post(url, {"credential": json.dumps(credential), **fields})


def sign_in(client: Client, credential: object) -> bool:
    """Return whether it let the person in."""
    answer = send(client, LOGIN, credential)
    assert answer.status_code == 302
    return "_auth_user_id" in client.session


def proved(user: User) -> Client:
    """A browser in which the password was given a moment ago, also where a second factor was asked for."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def add(user: User, **claims: Any) -> Passkey:
    """A passkey that the person has registered."""
    client, key = proved(user), Passkey(**claims)
    answer = send(client, ADD, key.register(page_options(client, ADD)), name="Key", passwordless="on")
    assert answer.status_code == 302, answer.content.decode()
    return key
