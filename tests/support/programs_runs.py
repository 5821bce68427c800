"""Runs that programs ask for, by the key of a member."""

from django.utils import timezone

from accounts import api_keys
from accounts.models import Organization, Scope, User
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.models import Run
from studio.runs import plan, submit_run
from tests.conftest import must_be_member


def submit(org: Organization, by: User, **asked: object) -> Run:
    with tenancy.tenant(org.pk):
        member = must_be_member(org, by)
        key, _ = api_keys.make(org=org, by=member, name="Program", scopes=[Scope.GENERATE])
        image_models.forget()
        spec = specs.read_spec(
            {"prompt": "a lamp", "partial_images": 1, **asked}, models=image_models.at(timezone.now())
        )
        return submit_run.submit(by=member, plan=plan.make(org=org, spec=spec), api_key=key)
