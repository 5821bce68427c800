"""Runs that have ended, without an engine: rows and files as a worker would leave them."""

import hashlib
from typing import Any

from accounts.models import Organization, User
from saas.database import tenancy
from studio.files import storage
from studio.inputs import uploads
from studio.models import Input, Output, Run, Slot, State
from tests.support import picture_bytes


def run(org: Organization, maker: User, *, prompt: str = "A lamp", **fields: Any) -> Run:
    with tenancy.tenant(org.pk):
        values = {"kind": "generate", "model": "gpt-image-2", "asked": {}, "count": 1, "state": State.SUCCEEDED}
        return Run.objects.create(org=org, maker=maker, prompt=prompt, **{**values, **fields})


def output(made: Run, *, index: int = 0, data: bytes | None = None) -> Output:
    data = data or picture_bytes.plain(".png")
    with tenancy.tenant(made.org_id):
        slot = Slot.objects.create(org_id=made.org_id, run=made, index=index, state=State.SUCCEEDED)
        name = storage.save(f"{made.org.code}/runs/{made.code}/{index}-1/output.png", data)
        return Output.objects.create(
            org_id=made.org_id,
            run=made,
            slot=slot,
            file=name,
            preview=name,
            thumbnail=name,
            format="png",
            width=60,
            height=40,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            maker_id=made.maker_id,
            visibility=made.visibility,
            kind=made.kind,
            model=made.model,
            style_code=(slot.style or {}).get("id"),
        )


def given(org: Organization, by: User, name: str = "picture.png") -> Input:
    """Give an organization a picture, as the upload door does: read outside of any transaction, kept inside."""
    ready = uploads.store_picture(org=org, name=name, data=picture_bytes.plain(".png"))
    with tenancy.tenant(org.pk):
        return uploads.keep(ready, by=by)
