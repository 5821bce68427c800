"""What the stories about money find when they begin: a member, and a month that is over."""

import subprocess
import sys

from tests.embedded.instance import ROOT, Instance, environment

PASSWORD = "a long and quiet evening"
PREPARE = """
from datetime import date
from uuid import uuid4
from allauth.account.models import EmailAddress
from accounts.models import Membership, Organization, User
from accounts.limits.periods import today
from billing.models import Entry
from billing.spans import ONE_DAY
from saas.database import tenancy

with tenancy.operator():
    org = Organization.objects.get(slug="demo")
with tenancy.tenant(org.pk):
    if not org.memberships.filter(user__email="mona@example.com").exists():
        mona = User.objects.create_user("mona@example.com", {password!r}, name="Mona")
        EmailAddress.objects.create(user=mona, email=mona.email, verified=True, primary=True)
        Membership.objects.create(org=org, user=mona, role="member")
        day = today(org).month - ONE_DAY
        for micros, images, kind in ((210_720, 1, "charge"), (52_680, 1, "charge"), (-3, 0, "correction")):
            Entry.objects.create(
                org=org, user_id=mona.pk, user_label="Mona", counted_on=day, kind=kind, is_play=True, micros=micros,
                images=images, run_code=uuid4(), slot_code=uuid4(), attempt=1, model="gpt-image-2", quality="high",
                size="1024x1024", project="Spring", connection_label="Sandbox", note="" if images else "Rounding",
            )
"""


def prepare(darkroom: Instance) -> None:
    script = PREPARE.format(password=PASSWORD)
    command = [sys.executable, "manage.py", "--data", str(darkroom.folder.root), "shell", "-c", script]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)
