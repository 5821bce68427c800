"""Make and check signed links to originals, for programs that fetch pictures separately. A link needs no sign-in and
works for an hour."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import Organization
from saas.database import tenancy
from studio.models import Output

LIVE_SECONDS = 3600
SALT = "studio.links"


def link_to(output: Output) -> str:
    token = signing.dumps([output.org_id, str(output.code)], salt=SALT)
    return str(settings.PUBLIC_URL + reverse("gateway_picture", args=[token]))


def output_behind(token: str) -> Output | None:
    """Return the output of a valid token. Return None if the link has expired, the picture is in the bin, or the
    organization is deleted or suspended."""
    try:
        org_id, code = signing.loads(token, salt=SALT, max_age=LIVE_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    with tenancy.tenant(org_id):
        org = Organization.objects.filter(pk=org_id, deleted_at=None, suspended_at=None).first()
        return org.outputs.filter(code=code).not_in_bin().first() if org else None
