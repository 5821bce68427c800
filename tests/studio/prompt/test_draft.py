"""The draft: what is typed is kept, and answered by whether it could run, why not, and its price."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Draft, Run
from tests.conftest import SignIn
from tests.studio.inputs.test_give_input import give, mask
from tests.support import picture_bytes

BAR = {
    "prompt": "A lamp on a table",
    "model": "gpt-image-2",
    "drawn_for": "gpt-image-2",
    "size": "1024x1024",
    "quality": "medium",
    "n": "4",
    "format": "png",
    "compression": "85",
    "partial_images": "2",
}


def weigh(client: Client, **changes: str) -> str:
    answer = client.post("/o/acme/draft/", {**BAR, **changes}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_is_there_again_on_the_next_page(acme: Organization, bob: User, sign_in: SignIn) -> None:
    weigh(sign_in(bob), prompt="Half a thought", quality="high", project="Spring")
    page = sign_in(bob).get("/o/acme/").content.decode()
    assert ">Half a thought</textarea>" in page
    assert 'name="quality" value="high" data-says="High" checked' in page
    assert 'value="Spring"' in page


def test_what_was_sent_is_priced_and_not_kept(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    assert client.post("/o/acme/runs/", BAR).status_code == 302
    assert "data-price" in weigh(client, sent="yes")
    assert "A lamp on a table</textarea>" not in client.get("/o/acme/").content.decode()


def test_each_has_their_own_and_only_the_last_is_kept(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    weigh(sign_in(alice), prompt="Alice writes")
    weigh(sign_in(bob), prompt="Bob writes")
    weigh(sign_in(bob), prompt="Bob wrote")
    with tenancy.tenant(acme.pk):
        kept = {draft.maker_id: draft.values["prompt"] for draft in Draft.objects.all()}
    assert kept == {alice.pk: "Alice writes", bob.pk: "Bob wrote"}
    assert "Bob wrote" not in sign_in(alice).get("/o/acme/").content.decode()


def test_a_viewer_and_a_stranger_have_none(
    acme: Organization, rival: Organization, vera: User, charlie: User, sign_in: SignIn
) -> None:
    assert sign_in(vera).post("/o/acme/draft/", BAR).status_code == 403
    assert sign_in(charlie).post("/o/acme/draft/", BAR).status_code == 404
    with tenancy.tenant(acme.pk):
        assert not Draft.objects.exists()


def test_what_can_run_says_its_price(acme: Organization, bob: User, sign_in: SignIn) -> None:
    text = weigh(sign_in(bob))
    assert 'data-verdict="ready"' in text
    assert "4 pictures" in text
    assert "$" in text.split("data-price")[1][:40]


def test_the_price_is_known_before_a_word_is_written(acme: Organization, bob: User, sign_in: SignIn) -> None:
    text = weigh(sign_in(bob), prompt="")
    assert 'data-verdict=""' in text
    assert "data-price" in text
    assert "Write a prompt" in text


def test_every_reason_is_told_at_once_with_what_would_do(acme: Organization, bob: User, sign_in: SignIn) -> None:
    text = weigh(sign_in(bob), size="1920x1080", background="transparent", prompt="")
    assert 'data-field="size"' in text
    assert 'data-suggestion="1920x1088"' in text
    assert 'data-field="background"' in text
    assert 'data-field="prompt"' in text
    assert 'data-verdict=""' in text


def test_a_size_of_ones_own_is_made_of_its_sides(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert 'data-verdict="ready"' in weigh(sign_in(bob), size="custom", width="1280", height="720")
    text = weigh(sign_in(bob), size="custom", width="800", height="800")
    assert 'data-suggestion="816x816"' in text


def test_without_a_connection_it_says_who_can_help(acme: Organization, bob: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        acme.connections.all().delete()
    assert "An admin can add one." in weigh(sign_in(bob))


def test_another_model_brings_its_own_chips(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    text = weigh(client, model="gpt-image-2.5-flare", quality="medium")
    assert "data-chips" in text
    assert 'value="xhigh"' in text
    assert 'value="transparent" disabled' not in text
    back = weigh(client, model="gpt-image-2", drawn_for="gpt-image-2.5-flare", quality="max", background="transparent")
    assert 'value="xhigh"' not in back
    assert 'name="quality" value="auto" data-says="Auto" checked' in back


@pytest.mark.parametrize(
    "words", ["x" * 32_000, "🦊" * 8_000, "مرحبا بالعالم " * 100, "</textarea><script>alert(1)</script>"]
)
def test_whatever_is_written_comes_back_as_it_was(words: str, acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    assert 'data-verdict="ready"' in weigh(client, prompt=words)
    page = client.get("/o/acme/").content.decode()
    assert "<script>alert" not in page
    with tenancy.tenant(acme.pk):
        assert Draft.objects.get().values["prompt"] == words.strip() or Draft.objects.get().values["prompt"] == words


def test_too_long_says_by_how_much(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert "32,001 characters" in weigh(sign_in(bob), prompt="x" * 32_001)


def test_nonsense_in_every_field_is_only_refused(acme: Organization, bob: User, sign_in: SignIn) -> None:
    nonsense = dict.fromkeys(
        [*BAR, "api", "visibility", "reference", "mask", "parent", "feather", "keep_rest"], "\x01<b>'\""
    )
    text = weigh(sign_in(bob), **{**nonsense, "drawn_for": "gpt-image-2"})
    assert "<b>" not in text
    assert sign_in(bob).get("/o/acme/").status_code == 200
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()


def test_pictures_and_a_mask_are_weighed_too(acme: Organization, bob: User, alice: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    first = give(client, picture_bytes.plain(".jpg")).json()["code"]
    small = give(client, picture_bytes.plain(".png", 30, 30)).json()["code"]
    hole = give(client, mask(), first=first).json()["code"]
    others = give(sign_in(alice), picture_bytes.plain(".png")).json()["code"]
    assert 'data-verdict="ready"' in weigh(client, reference=first, mask=hole, size="auto")
    assert 'data-field="mask"' in weigh(client, reference=small, mask=hole)
    assert "not a mask" in weigh(client, reference=first, mask=small)
    assert "no longer available" in weigh(client, reference=others)


def test_a_size_of_another_shape_is_told_before_it_is_paid_for(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    first = give(client, picture_bytes.plain(".png")).json()["code"]
    hole = give(client, mask(), first=first).json()["code"]
    square = {"reference": first, "mask": hole, "size": "1024x1024"}
    told = weigh(client, **square)
    assert "so the area outside the mask could not be kept exactly" in told
    assert 'data-suggestion="1008x672"' in told
    assert 'data-verdict="ready"' in weigh(client, **{**square, "size": "1008x672"})
    assert 'data-verdict="ready"' in weigh(client, **square, keep_rest="off")
