"""Pictures on the wall, made as a worker makes them, without a provider."""

import hashlib
import re
from typing import Any

from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.catalogue import specs
from studio.catalogue.image_models import at
from studio.engine import store_frames
from studio.gallery import search
from studio.models import Charged, Output, Run, Slot, State, Visibility
from studio.providers.answers import Final
from studio.runs import plan, submit_run
from tests.conftest import must_be_member
from tests.support import picture_bytes

PLAIN = {"model": "gpt-image-2", "size": "1024x1024", "quality": "low", "partial_images": 0}


def made(
    org: Organization,
    by: User,
    prompt: str = "A lamp on a table",
    *,
    count: int = 1,
    visibility: Visibility = Visibility.TEAM,
    size: tuple[int, int] = (60, 40),
    **asked: Any,
) -> list[Output]:
    """One run with its pictures, in the order of its slots."""
    with tenancy.tenant(org.pk):
        spec = specs.read_spec({**PLAIN, "prompt": prompt, "n": count, **asked}, models=at(timezone.now()))
        run = submit_run.submit(by=must_be_member(org, by), plan=plan.make(org=org, spec=spec), visibility=visibility)
    return [developed(org, run, shade, size) for shade in range(count)]


def developed(org: Organization, run: Run, index: int = 0, size: tuple[int, int] = (60, 40)) -> Output:
    with tenancy.tenant(org.pk):
        slot = run.slots.get(index=index)
    final = Final(picture_bytes.plain(".png", *size), used={"quality": run.asked["quality"]})
    stored = store_frames.store_output(org.code, run, slot, final)
    measured = stored.measured
    assert measured is not None
    with tenancy.tenant(org.pk):
        Slot.objects.filter(pk=slot.pk).update(state=State.SUCCEEDED, charged=Charged.YES, used=final.used)
        run = Run.objects.select_related("org").get(pk=run.pk)
        output = Output.objects.create(
            org=run.org,
            slot=slot,
            run=run,
            file=stored.file,
            preview=stored.preview,
            thumbnail=stored.thumbnail,
            format=measured.format,
            width=measured.width,
            height=measured.height,
            size_bytes=len(final.data),
            sha256=hashlib.sha256(final.data).hexdigest(),
            maker_id=run.maker_id,
            api_key_id=run.api_key_id,
            visibility=run.visibility,
            kind=run.kind,
            model=run.model,
            quality=str(final.used["quality"]),
        )
        search.entry_of(output, run.prompt, "").save(force_insert=True)
    return output


def shown(page: str) -> list[str]:
    """The codes of the pictures on a page, in order."""
    return re.findall(r'data-shot="([^"]+)"', page)
