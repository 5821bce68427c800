"""Requests that never finish arriving. They began in the first tests, so that nobody waits for them now."""

import openai

from tests.studio.gateway.conftest import ARRIVAL_SECONDS
from tests.studio.gateway.drips import Drip

LONGEST_SECONDS = ARRIVAL_SECONDS + 10


def test_an_upload_that_drips_is_cut_off(drips: list[Drip], client: openai.OpenAI) -> None:
    assert client.models.list().data[0].id == "gpt-image-2"
    for drip in drips:
        assert drip.ended.wait(LONGEST_SECONDS)
        assert ARRIVAL_SECONDS - 1 < drip.seconds < LONGEST_SECONDS
        assert drip.answer == b""
