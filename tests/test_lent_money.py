"""Nothing that an organization can post lowers what the operator's lent key really costs. Each POST of the permission
matrix, and each call of the API that changes something, is made by an admin and by an owner in a world where the key
has spent and held money. What the provider really charged is then compared with what was counted on the loan.

A new URL is taken up by itself: one that takes a POST and has no bodies here fails."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts import api_keys
from accounts.connections import circuit, registry
from accounts.connections.registry import Terms
from accounts.errors import Refused
from accounts.models import (
    ApiKey,
    Counter,
    Hold,
    HoldState,
    Organization,
    Period,
    ProviderConnection,
    ProviderKind,
    Role,
    Scope,
    Subject,
    User,
)
from accounts.models.connections import TEXT_MODEL
from accounts.people import invitations
from accounts.webhooks import endpoints
from billing.models import Price
from saas.database import tenancy
from saas.text.money import DOLLAR
from studio.models import Output, Ticket
from studio.prompt import rewrite, rewrite_worker
from studio.sheets import make_sheet, read_table
from studio.styles import shelf
from studio.threads import edit_threads
from tests.conftest import SignIn, must_be_member
from tests.studio.booth.conftest import event_of
from tests.studio.engine.test_worker import submit, work
from tests.support.fake_provider import Exchange, Upstream, completed, partial, png, upstream
from tests.test_access import (
    OF_AN_ORGANIZATION,
    PUBLIC,
    REST,
    SAMPLES,
    SIGNED_IN,
    WITH_A_KEY,
    WITH_A_LINK,
)

pytestmark = pytest.mark.django_db

NOT_ALLOWED, SERVER_ERROR = 405, 500
LAST = {"delete_organization", "leave"}  # what was asked after them would find nothing
CUT, REWRITE = "cut off", "rewrite"
TEXT_USAGE = {"input_tokens": 100, "output_tokens": 60, "total_tokens": 160}
FREE = {"how": "flat", "micros": "0", "answer": "free", "amount": "0", "note": "Nothing was charged."}
HOSTILE = {
    **FREE,
    "is_lent": "",
    "is_play": "on",
    "kind": "sandbox",
    "org": "rival",
    "subject": "loan",
    "money_day": "900000",
    "money_month": "900000",
    "position": "1",
    "can_stream": "on",
    "can_respond": "on",
}


@dataclass
class Provider:
    """What the operator's provider charges, whatever Darkroom counts."""

    charged: int = 0  # for what it delivered
    doubtful: int = 0  # for what it made and could not deliver
    text_in: int = 0
    image_out: int = 0
    talk_in: int = 0
    talk_out: int = 0

    def __call__(self, exchange: Exchange) -> None:
        asked = exchange.asked.json
        if exchange.asked.path.endswith("/responses"):
            cost = (100 * self.talk_in + 60 * self.talk_out) // 1_000_000
            if asked.get("tools"):  # a picture was asked for, and none comes
                self.doubtful += cost
            else:
                self.charged += cost
            content = [{"type": "output_text", "text": "A lamp in the rain."}]
            message = {"type": "message", "role": "assistant", "content": content}
            exchange.whole(200, {"status": "completed", "output": [message], "usage": TEXT_USAGE})
            return
        cost = (12 * self.text_in + 296 * self.image_out) // 1_000_000
        exchange.begin()
        exchange.frame(partial(0, png(shade=10)))
        if CUT in asked["prompt"]:
            self.doubtful += cost
            exchange.drop()
            return
        self.charged += cost
        exchange.frame(completed(png(shade=200)))


@dataclass
class World:
    org: Organization
    admin: User
    owner: User
    member: User
    lent: ProviderConnection
    own: ProviderConnection
    provider: Provider
    key: ApiKey
    token: str
    codes: dict[str, Any] = field(default_factory=dict)

    def counted(self) -> tuple[int, int]:
        """What is spent and what is held on the loan of this month."""
        with tenancy.tenant(self.org.pk):
            found = Counter.objects.filter(org=self.org, subject=Subject.LOAN, period=Period.MONTH)
            rows = list(found.values_list("spent_micros", "held_micros", "is_play"))
        assert not any(is_play for _, _, is_play in rows)
        return sum(spent for spent, _, _ in rows), sum(held for _, held, _ in rows)

    def uncertain(self) -> int:
        with tenancy.tenant(self.org.pk):
            kept = Hold.objects.filter(org=self.org, is_lent=True, state=HoldState.UNCERTAIN)
            return sum(kept.values_list("micros", flat=True))

    def spend(self) -> None:
        """Whatever waits is made, by whatever connection it goes now."""
        Ticket.objects.filter(worker=None).update(not_before="2020-01-01T00:00:00Z")
        work()
        while rewrite_worker.make_next():
            pass

    def spend_more(self) -> None:
        """A picture by the default connection, one by the lent key, and one by the team's own that has an outage."""
        with tenancy.tenant(self.org.pk):
            is_there = Organization.objects.filter(pk=self.org.pk, deleted_at=None).exists()
            living = {one.pk: one for one in self.org.connections.select_related("org")}
        if not is_there:
            return
        self._submit(None)
        for connection in (living.get(self.lent.pk), living.get(self.own.pk)):
            if connection is not None:
                self._submit(connection)

    def _submit(self, connection: ProviderConnection | None) -> None:
        with tenancy.tenant(self.org.pk):
            by = must_be_member(self.org, self.owner)
            if connection is not None:
                registry.make_default(connection=connection, by=by)
                if connection.pk == self.own.pk:
                    for number in range(circuit.OUTAGES_TO_OPEN):
                        failed = circuit.Failed(ticket_id=0, maker_id=number, likeness=number + 1)
                        circuit.note_outage(connection, failed)
        try:
            with transaction.atomic():
                submit(self.org, self.owner)
        except Refused:
            return
        self.spend()


@pytest.fixture
def world(
    acme: Organization, alice: User, adam: User, bob: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    price, talk = Price.objects.get(model="gpt-image-2", is_batch=False), Price.objects.get(model=TEXT_MODEL)
    provider = Provider(
        text_in=price.text_in, image_out=price.image_out, talk_in=talk.text_in, talk_out=talk.text_out or 0
    )
    with upstream(provider) as up, upstream(lambda exchange: exchange.whole(503, {})) as down:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-lent-by-the-operator", up.url
        settings.LENT_MICROS_A_MONTH, settings.LENT_MICROS_A_DAY = 50 * DOLLAR, None
        settings.PROVIDER_ALLOWED_HOSTS, settings.API_WAIT_SECONDS = [down.host], 0
        yield _furnished(acme, alice, adam, bob, provider, down)


def _furnished(acme: Organization, alice: User, adam: User, bob: User, provider: Provider, down: Upstream) -> World:
    with tenancy.tenant(acme.pk):
        owner, admin = must_be_member(acme, alice), must_be_member(acme, adam)
        lent = registry.add(org=acme, by=owner, name="Lent", kind=ProviderKind.OPERATOR, terms=Terms(position=1))
        own = registry.add(
            org=acme, by=owner, name="Own", kind=ProviderKind.COMPATIBLE, base_url=down.url, key="sk-own"
        )
        registry.make_default(connection=lent, by=owner)
        key, token = api_keys.make(org=acme, by=admin, name="All", scopes=list(Scope))
        invitation = invitations.invite(org=acme, by=admin, email="new@example.com", role=Role.ADMIN)
        hook, _ = endpoints.add(by=admin, url="https://example.com/hook", events=["run.finished"])
        endpoints.test(hook=hook, by=admin)
    made = World(acme, adam, alice, bob, lent, own, provider, key, token)
    submit(acme, adam)
    doubtful = submit(acme, adam, prompt=f"a lamp, {CUT}")
    made.spend()
    waiting = submit(acme, adam, prompt="a lamp that waits")
    table = read_table.read_objects([{"prompt": "a lamp of a sheet"}])
    sheet = make_sheet.make(by=admin, api_key=None, wanted=make_sheet.Wanted(table))
    with tenancy.tenant(acme.pk):
        asked = rewrite.ask(by=must_be_member(acme, adam), prompt="a lamp")
        made.codes = {
            "connection": lent.code,
            "run": waiting.code,
            "doubtful": doubtful.code,
            "hold": Hold.objects.get(state=HoldState.UNCERTAIN).code,
            "output": Output.objects.get().code,
            "rewrite": asked.code,
            "sheet": sheet.code,
            "style": shelf.all_of(acme)[0].style.code,
            "thread": edit_threads.start(by=owner, picture=None).code,
            "event": event_of(acme, adam).code,
            "member": must_be_member(acme, bob).code,
            "key": key.code,
            "webhook": hook.code,
            "delivery": hook.deliveries.earliest("pk").code,
            "invitation": invitation.code,
        }
    assert made.counted()[0] > 0
    assert made.uncertain() > 0
    return made


Body = dict[str, Any]
Bodies = Callable[[World], list[Body]]


def plain(*bodies: Body) -> Bodies:
    return lambda world: [*bodies, HOSTILE]


def pictures(world: World) -> list[Body]:
    return [{"pictures": [world.codes["output"]], "tag": "x", "name": "x", **FREE}]


def prompt(world: World) -> list[Body]:
    asked = {"prompt": "a lamp", "kind": "generate", "n": "2", "quality": "high", "size": "1024x1024"}
    return [asked, {**asked, **FREE, "connection": world.own.code, "is_play": "1"}]


def terms(world: World) -> list[Body]:
    kept = {"name": "Renamed", "can_stream": "on", "can_respond": "on"}
    return [
        {**kept, "position": "1", "deadline_seconds": "10", "text_model": "gpt-5-nano"},
        {**kept, "position": "", "base_url": "https://example.com/v1", "key": "sk-mine"},
        {**kept, "kind": "sandbox", **FREE},
        {**HOSTILE, "kind": "compatible", "name": "Mine", "base_url": "https://example.com/v1", "key": "sk-mine"},
        {"kind": "operator", "name": "Lent again", "position": "2", "can_stream": "on"},
    ]


def sheet(world: World) -> list[Body]:
    text = "subject,name,money_day,money_month,images_day,images_month\nloan,,,,,\n"
    whole = "subject,name,money_day,money_month,images_day,images_month\norganization,,,,,\n"
    return [{"file": SimpleUploadedFile("limits.csv", said.encode(), "text/csv")} for said in (text, whole)]


STYLE = {"name": "Free", "prompt": "Paint it in one colour.", "size": "3840x2160", "quality": "high"}
EVENT = {
    "name": "Free",
    "starts_at": "2026-01-01T09:00",
    "ends_at": "2036-01-01T09:00",
    "size": "1024x1536",
    "quality": "high",
    "budget": "900000",
    "captures_per_guest": "20",
    "photo_days": "0",
    "result_days": "0",
    "moderation": "off",
    "language": "en",
    "consent": "Yes.",
    "pin": "2468",
}
STYLES = {"format": "darkroom-styles/1", "styles": [STYLE]}
LIMITS = {"money_day": "", "money_month": "900000", "images_day": "", "images_month": ""}
# What is sent to each URL that takes a POST. The code in the address is that of `CODES`, else of nothing.
BODIES: dict[str, Bodies] = {
    "submit_run": prompt,
    "improve_prompt": prompt,
    "draft": prompt,
    "rewriter": lambda world: [
        {"is_on": "on", "connection": world.lent.code, "model": "gpt-5-nano"},
        {"is_on": "on", "connection": world.own.code, "model": "gpt-5-nano"},
        {},
    ],
    "turn_price": plain({"say": "a lamp", "fresh": "1"}),
    "send_turn": plain({"say": "a lamp", "n": "2", "quality": "high"}, {"say": "a lamp", **FREE}),
    "take_region": plain({"other": "start"}),
    "rename_thread": plain({"title": "Free"}),
    "show_thread": plain({"visibility": "private"}),
    "delete_thread": plain({}),
    "new_style": lambda world: [{**STYLE, "least_role": "member"}, {**STYLE, **HOSTILE}],
    "style": lambda world: [{**STYLE, "least_role": "member"}, {**STYLE, **HOSTILE}],
    "copy_style": plain({}),
    "retire_style": plain({}),
    "restore_style": plain({}),
    "move_style": plain({"down": "1"}),
    "try_style": lambda world: [{"file": SimpleUploadedFile("a.png", png(), "image/png"), **FREE}],
    "import_styles": lambda world: [
        {"file": SimpleUploadedFile("styles.json", json.dumps(STYLES).encode(), "application/json")}
    ],
    "make_set": lambda world: [
        {"file": SimpleUploadedFile("a.png", png(), "image/png"), "style": [world.codes["style"]], **FREE}
    ],
    "retry_set": plain({}),
    "new_sheet": lambda world: [{"cells": "prompt\na lamp\n"}, {"cells": "prompt\na lamp\n", **HOSTILE}],
    "start_sheet": plain({"lane": "now"}, {"lane": "proof", **FREE}),
    "pause_sheet": plain({}),
    "resume_sheet": plain({}),
    "cancel_sheet": plain({}),
    "rerun_sheet": plain({}),
    "print_sheet": plain({}),
    "star_sheet_row": plain({}),
    "fix_sheet_row": plain({"prompt": "a lamp"}),
    "delete_sheet": plain({}),
    "new_event": lambda world: [{**EVENT, "styles": [world.codes["style"]]}, {**EVENT, **HOSTILE}],
    "change_event": lambda world: [{**EVENT, "styles": [world.codes["style"]]}, {**EVENT, **HOSTILE}],
    "set_event_budget": plain({"budget": "900000"}, {"budget": "0"}),
    "pause_event": plain({}),
    "resume_event": plain({}),
    "clear_event_queue": plain({"pin": "2468"}),
    "end_event": plain({}),
    "new_kiosk_link": plain({}),
    "release_capture": plain({}),
    "hide_capture": plain({}),
    "delete_as_staff": plain({}),
    "save_preset": plain({"name": "Mine", "prompt": "a lamp"}),
    "remove_preset": plain(),
    "cancel_run": plain({}),
    "retry_slot": plain({}),
    "give_input": lambda world: [{"picture": SimpleUploadedFile("a.png", png(), "image/png")}, HOSTILE],
    "print_keepers": plain({"enlarge": "2", "quality": "high", "prompt": "a lamp"}),
    "mark_keeper": plain({"is_keeper": "1"}),
    "star_pictures": pictures,
    "tag_pictures": pictures,
    "untag_pictures": pictures,
    "collect_pictures": pictures,
    "bin_pictures": pictures,
    "restore_pictures": pictures,
    "download_pictures": pictures,
    "retention": plain({"days": "1", "keeps": "nothing", "binned_days": "1"}),
    "hold": plain({"reason": "a case"}),
    "release_hold": plain({}),
    "new_share": pictures,
    "revoke_share": plain({}),
    "new_collection": plain({"name": "Lamps"}),
    "rename_collection": plain({"name": "Lamps"}),
    "order_collection": pictures,
    "cover_collection": pictures,
    "uncollect_pictures": pictures,
    "delete_collection": plain({}),
    "show_run": plain({"visibility": "private"}),
    "comment_run": plain({"text": "Free, I think."}),
    "remove_comment": plain({}),
    "close_month": plain({"typed": "2026-10"}),
    "compare_usage": lambda world: [
        {
            "connection": world.lent.code,
            "file": SimpleUploadedFile("usage.csv", b"date,model,amount\n2026-10-01,gpt-image-2,0\n", "text/csv"),
        }
    ],
    "make_export": plain({"what": "ledger", "format": "csv"}),
    "subscribe_export": plain({"what": "ledger", "format": "csv"}),
    "unsubscribe_export": plain({}),
    "invite": plain({"email": "friend@example.com", "role": "admin"}),
    "send_invitation_again": plain({}),
    "revoke_invitation": plain({}),
    "leave": plain({}),
    "change_role": plain({"role": "owner"}, {"role": "viewer"}),
    "remove_member": plain({}),
    "transfer": plain({}),
    "new_key": plain({"name": "Other", "scopes": ["generate", "read", "manage"]}),
    "revoke_key": plain({}),
    "new_connection": terms,
    "connection": terms,
    "make_default_connection": plain({}),
    "remove_connection": plain({}),
    "test_connection": plain({}),
    "put_alert_away": plain({}),
    "set_many_limits": lambda world: [{"who": [world.codes["member"]], "what": "money_month", "value": "900000"}],
    "import_limits": sheet,
    "resolve_charge": plain(
        {"answer": "free", "note": "It was not charged."},
        {"answer": "charged", "amount": "0", "note": "Nothing."},
        {"answer": "charged", "amount": "0.000001", "note": "Next to nothing."},
    ),
    "change_limits": plain(LIMITS),
    "remove_limits": plain({}),
    "add_threshold": plain({"value": "1", "kind": "money", "period": "day"}),
    "remove_threshold": plain({}),
    "connection_price": plain({"how": "flat", "micros": "0"}, {"how": "flat", "micros": "0.000001"}, {"how": "tokens"}),
    "ask_for_more": plain({"reason": "please"}),
    "answer_ask": plain({"answer": "once"}, {"answer": "lasting"}),
    "default_model": plain({"model": "gpt-image-2"}, {"model": "gpt-image-2.5-flare"}),
    "set_time_zone": plain({"time_zone": "Pacific/Kiritimati"}, {"time_zone": "Pacific/Niue"}),
    "new_webhook": plain({"url": "https://example.com/other", "events": ["run.finished"]}),
    "change_webhook": plain({"url": "https://example.com/other", "events": ["run.finished"]}),
    "test_webhook": plain({}),
    "switch_webhook_on": plain({}),
    "switch_webhook_off": plain({}),
    "remove_webhook": plain({}),
    "replay_delivery": plain({}),
    "rename": plain({"name": "Another"}),
    "second_factor": plain({"is_required": "0"}),
    "delete_organization": plain({"typed": "acme"}),
}
PAGES = {  # they show something, whatever the method
    "audit",
    "audit_export",
    "code",
    "connection_health",
    "connections",
    "keys",
    "run_card",
    "settings",
    "studio",
    "team",
    "usage",
    "usage_entries",
    "webhook",
    "webhooks",
}
CODES = {
    "rename_thread": ("thread",),
    "show_thread": ("thread",),
    "delete_thread": ("thread",),
    "style": ("style",),
    "copy_style": ("style",),
    "move_style": ("style",),
    "try_style": ("style",),
    "retire_style": ("style",),
    "restore_style": ("style",),
    "change_event": ("event",),
    "set_event_budget": ("event",),
    "pause_event": ("event",),
    "resume_event": ("event",),
    "clear_event_queue": ("event",),
    "end_event": ("event",),
    "new_kiosk_link": ("event",),
    "cancel_run": ("run", "doubtful"),
    "retry_set": ("doubtful",),
    "retry_slot": ("doubtful", "run"),
    "show_run": ("run",),
    "comment_run": ("run",),
    "print_keepers": ("run",),
    "mark_keeper": ("output",),
    "send_invitation_again": ("invitation",),
    "revoke_invitation": ("invitation",),
    "change_role": ("member",),
    "remove_member": ("member",),
    "transfer": ("member",),
    "revoke_key": ("key",),
    "connection": ("connection",),
    "make_default_connection": ("connection",),
    "remove_connection": ("connection",),
    "test_connection": ("connection",),
    "connection_price": ("connection",),
    "resolve_charge": ("hold",),
    "change_webhook": ("webhook",),
    "test_webhook": ("webhook",),
    "switch_webhook_on": ("webhook",),
    "switch_webhook_off": ("webhook",),
    **dict.fromkeys(
        ("start_sheet", "pause_sheet", "resume_sheet", "cancel_sheet", "rerun_sheet", "print_sheet"), ("sheet",)
    ),
    "delete_sheet": ("sheet",),
    "remove_webhook": ("webhook",),
    "replay_delivery": ("delivery",),
}


def addresses(name: str, world: World) -> list[str]:
    wanted = OF_AN_ORGANIZATION[name].kwargs
    found = [{one: SAMPLES[one] for one in wanted}]
    if "code" in wanted and name in CODES:
        found = [{**found[0], "code": world.codes[code]} for code in CODES[name]]
    if "subject" in wanted:
        whose = {"organization": "all", "loan": "all", "member": world.codes["member"], "key": world.codes["key"]}
        found = [{**found[0], "subject": subject, "name": code} for subject, code in whose.items()]
    return [reverse(name, kwargs={"slug": world.org.slug, **one}) for one in found]


def must_not_have_sunk(world: World, before: tuple[int, int], uncertain: int) -> None:
    """Everything that was asked has been made by now, so nothing is held but what is uncertain."""
    spent, held = world.counted()
    assert spent >= before[0], "what was spent on the loan has sunk"
    assert held >= uncertain == min(uncertain, world.uncertain()), "what is uncertain has been given back"
    assert spent >= world.provider.charged, "the operator paid more than was counted as spent"
    assert held >= world.provider.doubtful, "the operator may have paid more than is held"


def walked(world: World, names: Iterable[str], act: Callable[[str], None]) -> None:
    uncertain = world.uncertain()
    for name in names:
        before = world.counted()
        act(name)
        world.spend()
        try:
            must_not_have_sunk(world, before, uncertain)
        except AssertionError as failure:
            failure.add_note(f"It was {name}.")
            raise
    before = world.counted()
    world.spend_more()
    must_not_have_sunk(world, before, uncertain)


ALONE = {  # they may end the rest of a walk
    "cancel_run",
    "change_role",
    "connection",
    "connection_price",
    "delete_organization",
    "leave",
    "make_default_connection",
    "remove_connection",
    "resolve_charge",
    "retry_slot",
    "revoke_key",
    "set_time_zone",
    "transfer",
}
TOGETHER = 12  # that share a world, as one takes a while to furnish


def groups(names: Iterable[str], alone: Collection[str] = ()) -> list[tuple[str, ...]]:
    together = sorted(set(names) - set(alone))
    return [*batched(together, TOGETHER), *((name,) for name in sorted(alone))]


def batched(names: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(names[start : start + size]) for start in range(0, len(names), size)]


def test_every_url_that_takes_a_post_is_walked(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client, takes_posts = sign_in(alice), set()
    for name, row in OF_AN_ORGANIZATION.items():
        url = reverse(name, kwargs={"slug": "acme", **{one: SAMPLES[one] for one in row.kwargs}})
        if name not in LAST and client.post(url).status_code != NOT_ALLOWED:
            takes_posts.add(name)
    missing = takes_posts - set(BODIES) - PAGES
    assert not missing, f"Write in BODIES what an attacker would send to {sorted(missing)}."
    assert set(BODIES) | PAGES == takes_posts | LAST


@pytest.mark.parametrize("names", groups({*BODIES, *PAGES}, ALONE), ids="-".join)
def test_no_post_of_an_admin_or_owner_lowers_it(names: tuple[str, ...], world: World, sign_in: SignIn) -> None:
    def act(name: str) -> None:
        for user in (world.admin, world.owner):
            client = sign_in(user)
            for body in BODIES.get(name, plain())(world):
                for url in addresses(name, world):
                    assert client.post(url, body).status_code < SERVER_ERROR, url

    walked(world, names, act)


METHODS = ("post", "put", "patch", "delete")
JSON_HOSTILE = {"micros": 0, "cost": "0", "is_lent": False, "is_play": True, "connection": None}
JSON_PROMPT = {"prompt": "a lamp", "n": 2}
REST_BODIES: dict[tuple[str, str], list[Any]] = {
    ("api_submit_run", "post"): [JSON_PROMPT, {**JSON_PROMPT, **JSON_HOSTILE}, {"styles": ["knitted", "clay"]}],
    ("api_estimate", "post"): [JSON_PROMPT, {**JSON_PROMPT, "pictures_a_day": 1000}],
    ("api_styles", "post"): [STYLE],
    ("api_style", "patch"): [{"quality": "low"}],
    ("api_style", "delete"): [{}],
    ("api_sheets", "post"): [{"rows": [JSON_PROMPT]}, {"rows": [JSON_PROMPT], **JSON_HOSTILE}],
    ("api_sheet", "delete"): [{}],
    ("api_start_sheet", "post"): [{}, {"lane": "proof", "sample": 1}, JSON_HOSTILE],
    ("api_pause_sheet", "post"): [{}],
    ("api_resume_sheet", "post"): [{}],
    ("api_cancel_sheet", "post"): [{}],
    ("api_rerun_sheet", "post"): [{}],
    ("api_print_sheet", "post"): [{}],
    ("api_threads", "post"): [{"title": "Free"}, JSON_HOSTILE],
    ("api_thread", "patch"): [{"title": "Free", "visibility": "private"}],
    ("api_thread", "delete"): [{}],
    ("api_turns", "post"): [{"say": "a lamp", "fresh": True}, {"say": "a lamp", "fresh": True, **JSON_HOSTILE}],
    ("api_runs", "post"): [JSON_PROMPT, {**JSON_PROMPT, **JSON_HOSTILE}],
    ("api_cancel_run", "post"): [{}],
    ("api_change_visibility", "post"): [{"visibility": "private"}],
    ("api_retry_slot", "post"): [{}],
    ("api_give_input", "post"): [{}],
    ("api_image", "patch"): [{"is_starred": True}],
    ("api_collections", "post"): [{"name": "Lamps"}],
    ("api_collection", "patch"): [{"name": "Lamps"}],
    ("api_collection", "delete"): [{}],
    ("api_collect", "post"): [{"images": []}],
    ("api_uncollect", "delete"): [{}],
    ("api_presets", "post"): [{"name": "Mine", "prompt": "a lamp"}],
    ("api_preset", "delete"): [{}],
    ("api_optimize_prompt", "post"): [{"prompt": "a lamp"}],
    ("api_exports", "post"): [{"what": "ledger", "format": "csv"}],
    ("api_quota", "put"): [{"money_month": "900000"}, {"money_month": None}],
    ("api_quota", "delete"): [{}],
    ("api_webhooks", "post"): [{"url": "https://example.com/x", "events": ["run.finished"]}],
    ("api_webhook", "put"): [{"url": "https://example.com/x", "events": ["run.finished"]}],
    ("api_webhook", "delete"): [{}],
    ("api_webhook_on", "post"): [{}],
    ("api_webhook_off", "post"): [{}],
    ("api_webhook_test", "post"): [{}],
    ("api_replay", "post"): [{}],
}
REST_CODES = {
    "api_style": "style",
    "api_thread": "thread",
    "api_turns": "thread",
    "api_cancel_run": "run",
    "api_change_visibility": "run",
    "api_retry_slot": "doubtful",
    "api_sheet": "sheet",
    "api_start_sheet": "sheet",
    "api_pause_sheet": "sheet",
    "api_resume_sheet": "sheet",
    "api_cancel_sheet": "sheet",
    "api_rerun_sheet": "sheet",
    "api_print_sheet": "sheet",
    "api_image": "output",
    "api_webhook": "webhook",
    "api_webhook_on": "webhook",
    "api_webhook_off": "webhook",
    "api_webhook_test": "webhook",
    "api_replay": "delivery",
}


def test_every_call_of_the_api_that_changes_something_is_walked(
    acme: Organization, alice: User, sign_in: SignIn
) -> None:
    client = sign_in(alice)
    for name, path in REST.items():
        url = f"/api/v1/{path.format(code=SAMPLES['code'])}"
        methods = {one for one in METHODS if getattr(client, one)(url).status_code != NOT_ALLOWED}
        wanted = {method for known, method in REST_BODIES if known == name}
        assert methods == wanted, f"Write in REST_BODIES what an attacker would send to {name}."


@pytest.mark.parametrize("names", groups({name for name, _ in REST_BODIES}), ids="-".join)
def test_no_call_of_the_api_lowers_it(names: tuple[str, ...], world: World) -> None:
    client = Client(headers={"Authorization": f"Bearer {world.token}"})

    def act(name: str) -> None:
        code = world.codes[REST_CODES[name]] if name in REST_CODES else SAMPLES["code"]
        urls = [f"/api/v1/{REST[name].format(code=code)}"]
        if name == "api_quota":
            urls += ["/api/v1/quotas/loan/all", f"/api/v1/quotas/key/{world.codes['key']}"]
        for method in METHODS:
            for body in REST_BODIES.get((name, method), []):
                for url in urls:
                    sent = getattr(client, method)(url, data=json.dumps(body), content_type="application/json")
                    assert sent.status_code < SERVER_ERROR, url

    walked(world, names, act)


OTHER_BODIES: dict[str, list[Body]] = {
    "me": [{"name": "Adam"}],
    "download_my_data": [{}],
    "new_organization": [{"name": "Second", "slug": "second"}],
    "accept_invitation": [{}],
    "look": [{"look": "dark"}],
    "share": [{"password": "x"}],
    "take_capture": [{"key": "a-capture", "guest": "a-guest", **FREE}],
    "leave_kiosk": [{"pin": "2468"}],
    "delete_capture": [{}],
    "gateway_generate": [JSON_PROMPT, {**JSON_PROMPT, **JSON_HOSTILE}],
    "gateway_edit": [JSON_PROMPT],
    "gateway_respond": [{"model": "gpt-5-nano", "input": "a lamp", "tools": [{"type": "image_generation"}]}],
    "gateway_upload": [{"purpose": "vision"}],
    "gateway_batches": [{"input_file_id": "file-1", "endpoint": "/v1/images/edits", "completion_window": "24h"}],
    "gateway_cancel_batch": [{}],
}
SHOWN_OUTSIDE = {"healthz", "home", "invitation", "metrics", "readyz", "second_factor_needed", "version"}  # as PAGES
OTHER_KWARGS: dict[str, dict[str, Any]] = {
    "accept_invitation": {"token": "di_x"},
    "invitation": {"token": "di_x"},
    "second_factor_needed": {"slug": "acme"},
    "share": {"token": "ds_x"},
    "shared_archive": {"token": "ds_x"},
    "shared_file": {"token": "ds_x", "code": SAMPLES["code"], "shape": "original"},
    **{name: {"token": "db_x"} for name in ("kiosk", "take_capture", "kiosk_state", "leave_kiosk", "wall")},
    "wall_file": {"token": "db_x", "code": SAMPLES["code"]},
    "event_picture": {"token": "db_x", "name": "logo"},
    "kiosk_style_sample": {"token": "db_x", "code": SAMPLES["code"]},
    **{name: {"token": "dg_x"} for name in ("guest", "guest_state", "delete_capture")},
    "guest_partial": {"token": "dg_x", "code": SAMPLES["code"]},
    "guest_file": {"token": "dg_x", "code": SAMPLES["code"], "shape": "original"},
    "gateway_model": {"model": "gpt-image-2"},
    "gateway_file": {"file_id": "file-1"},
    "gateway_content": {"file_id": "file-1"},
    "gateway_batch": {"batch_id": "batch_1"},
    "gateway_cancel_batch": {"batch_id": "batch_1"},
    "docs_page": {"name": "api"},
}


OUTSIDE = SIGNED_IN | PUBLIC | WITH_A_LINK | WITH_A_KEY


def test_every_post_outside_of_an_organization_is_walked(alice: User, acme: Organization, sign_in: SignIn) -> None:
    client, takes_posts = sign_in(alice), set()
    for name in OUTSIDE:
        if client.post(reverse(name, kwargs=OTHER_KWARGS.get(name))).status_code != NOT_ALLOWED:
            takes_posts.add(name)
    assert takes_posts == set(OTHER_BODIES) | SHOWN_OUTSIDE, "Write in OTHER_BODIES what an attacker would send."


@pytest.mark.parametrize("names", groups(OTHER_BODIES), ids="-".join)
def test_no_post_outside_of_an_organization_lowers_it(names: tuple[str, ...], world: World, sign_in: SignIn) -> None:
    program = Client(headers={"Authorization": f"Bearer {world.token}"})

    def act(name: str) -> None:
        url = reverse(name, kwargs=OTHER_KWARGS.get(name))
        for body in OTHER_BODIES[name]:
            if name in WITH_A_KEY:
                program.post(url, json.dumps(body), content_type="application/json")
            else:
                sign_in(world.owner).post(url, body)

    walked(world, names, act)
