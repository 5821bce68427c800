"""A table, or a mention of a person, that nobody has made a rule for is found here."""

from django.db.models import ForeignKey

from accounts.models import User
from saas.database.tenancy import TenantModel
from studio.privacy import rules
from studio.privacy.rules import (
    BY_HAND,
    BY_ID,
    OF_A_PERSON,
    OF_AN_ORGANIZATION,
    OF_NO_ORGANIZATION,
    OF_OTHERS,
    OWN_WORDS,
    STAYS_BY_ID,
)
from tests.studio.privacy.dump import models


def test_every_table_has_a_rule_for_the_end_of_an_organization() -> None:
    ruled = {model._meta.label_lower for model in (*OF_AN_ORGANIZATION, *BY_ID, *BY_HAND)}
    assert {model._meta.label_lower for model in models()} == ruled | OF_NO_ORGANIZATION
    assert not ruled & OF_NO_ORGANIZATION


def test_every_tenant_table_is_emptied_once() -> None:
    tenants = {model for model in models() if issubclass(model, TenantModel)}
    assert set(OF_AN_ORGANIZATION) == tenants
    assert len(OF_AN_ORGANIZATION) == len(tenants)


def test_what_names_an_organization_by_its_number_is_emptied_too() -> None:
    named = {model for model in models() if not issubclass(model, TenantModel) and _names_organization(model)}
    assert set(BY_ID) | set(STAYS_BY_ID) == named


def test_nothing_is_deleted_before_what_points_to_it() -> None:
    order = {model: place for place, model in enumerate(OF_AN_ORGANIZATION)}
    too_early = [
        f"{model.__name__}.{field.name}"
        for model in OF_AN_ORGANIZATION
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and field.related_model in order
        and order[field.related_model] < order[model]
        and not field.null
    ]
    assert too_early == []


def test_every_mention_of_a_person_has_its_fate() -> None:
    mentions = {
        (model, field.name)
        for model in models()
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is User
    }
    assert set(OF_A_PERSON) == mentions
    assert mentions >= OF_OTHERS


def test_the_columns_of_own_words_exist() -> None:
    for (model, maker), columns in OWN_WORDS.items():
        names = {field.name for field in model._meta.concrete_fields}
        assert {maker, *columns} <= names
    assert {field.name for model in models() for field in model._meta.concrete_fields} >= rules.WITHHELD


def _names_organization(model: type) -> bool:
    return any(field.column == "org_id" for field in model._meta.concrete_fields)  # type: ignore[attr-defined]
