"""Run as a program beside Darkroom's own: tables, static files, and two people of one organization."""

import sys

import django

PASSWORD = "a long dark corridor"


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if not settings.STATIC_ROOT.exists():
        call_command("collectstatic", verbosity=0, interactive=False)
    sys.stdout.write(make_people())


def make_people() -> str:
    """Ada owns Northwind, Ben is a member; the answer is Ben's code."""
    from allauth.account.models import EmailAddress

    from accounts.models import Membership, Role, User
    from accounts.people import organizations
    from saas.database import tenancy

    ada, ben = (User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title()) for name in ("ada", "ben"))
    for user in (ada, ben):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    organization = organizations.found(name="Northwind", slug="northwind", by=ada)
    with tenancy.tenant(organization.pk):
        return str(Membership.objects.create(org=organization, user=ben, role=Role.MEMBER).code)


if __name__ == "__main__":
    main()
