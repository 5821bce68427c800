"""Two organizations that own a row of everything that a tenant can own, so also of what is still to be invented."""

import io
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, Invitation, Organization, Role, Scope, User
from accounts.people import invitations
from saas.database import tenancy
from saas.database.tenancy import TenantModel
from saas.ops import logs
from tests.conftest import must_be_member


class House(NamedTuple):
    org: Organization
    owner: User
    key: ApiKey
    token: str
    invitation: Invitation

    @property
    def settings(self) -> dict[str, str]:
        return {"app.org": str(self.org.pk)}


def furnish(org: Organization, owner: User) -> House:
    member = must_be_member(org, owner)
    with tenancy.tenant(org.pk):
        key, token = api_keys.make(org=org, by=member, name="Importer", scopes=[Scope.READ])
        invitation = invitations.invite(org=org, by=member, email=f"new@{org.slug}.example", role=Role.VIEWER)
        for model in apps.get_models():
            if issubclass(model, TenantModel):
                a_row_of(model, org, owner)
    return House(org, owner, key, token, invitation)


def a_row_of(model: type[models.Model], org: Organization, owner: User) -> models.Model:
    """The organization's row of this table, made if need be. What a plain value does not satisfy needs its own line in
    `furnish`."""
    found = model._default_manager.filter(org=org).first()
    if found:
        return found
    needed = [
        field
        for field in model._meta.concrete_fields
        if not (field.has_default() or field.has_db_default() or field.null or field.blank)
    ]
    return model._default_manager.create(**{field.name: _plain_value(field, org, owner) for field in needed})


def _plain_value(field: "models.Field[Any, Any]", org: Organization, owner: User) -> object:
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        if target is Organization:
            return org
        return owner if target is User else a_row_of(target, org, owner)
    if field.choices:
        return field.flatchoices[0][0]
    if field.unique and isinstance(field, models.CharField):
        return org.slug
    plain = [value for kind, value in PLAIN_VALUES.items() if isinstance(field, kind)]
    assert plain, f"{field} needs a plain value here"
    return plain[0]


PLAIN_VALUES: dict[type["models.Field[Any, Any]"], object] = {
    models.JSONField: {},
    ArrayField: [],
    models.UUIDField: uuid.UUID(int=7),
    models.IntegerField: 1,
    models.DecimalField: 1,
    models.DateTimeField: timezone.now(),
    models.DateField: timezone.now().date().replace(day=1),  # which is right for a month, too
    models.CharField: "x",
    models.TextField: "x",
    models.BooleanField: True,
}


@pytest.fixture
def ours(acme: Organization, alice: User, bob: User) -> House:
    return furnish(acme, alice)


@pytest.fixture
def theirs(rival: Organization, charlie: User) -> House:
    return furnish(rival, charlie)


OpenLog = Callable[..., io.StringIO]


@pytest.fixture
def open_log() -> Iterator[OpenLog]:
    """The program's own logging at its most talkative, as console or json, written to a buffer."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def opened(kind: str, level: str = "DEBUG") -> io.StringIO:
        buffer = io.StringIO()
        logs.configure({"format": kind, "level": level})
        handler = root.handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(buffer)
        return buffer

    yield opened
    logging.getLogger("darkroom.calls").setLevel(logging.NOTSET)
    root.handlers = handlers
    root.setLevel(level)
