"""The permission matrix: every URL that Darkroom serves, and who may. A URL without a row here fails."""

import uuid
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Organization, User
from tests.conftest import SignIn

ROLES = ["viewer", "member", "admin", "owner"]


class Row(NamedTuple):
    """`least` is the lowest role let in; nothing exists behind the codes, so whoever is let in gets 404 or better."""

    least: str
    method: str = "get"
    kwargs: tuple[str, ...] = ()


CODE = ("code",)
SAMPLES = {
    "subject": "organization",
    "name": "all",
    "code": uuid.uuid4(),
    "row": uuid.uuid4(),
    "index": 0,
    "shape": "original",
    "month": "2026-10",
}
OF_AN_ORGANIZATION = {
    "studio": Row("viewer"),
    "code": Row("viewer"),
    "find": Row("viewer"),
    "calculator": Row("viewer"),
    "submit_run": Row("member", "post"),
    "older_runs": Row("viewer"),
    "sample_run": Row("viewer"),
    "run": Row("viewer", "get", CODE),
    "run_details": Row("viewer", "get", CODE),
    "run_archive": Row("viewer", "get", CODE),
    "improve_prompt": Row("member", "post"),
    "improved_prompt": Row("member", "get", CODE),
    "rewriter": Row("admin"),
    "default_model": Row("admin"),
    "draft": Row("member", "post"),
    "memory": Row("member"),
    "save_preset": Row("member", "post"),
    "remove_preset": Row("member", "post", CODE),
    "queue": Row("viewer"),
    "newer_runs": Row("viewer"),
    "run_card": Row("viewer", "get", CODE),
    "run_events": Row("viewer", "get", CODE),
    "run_metadata": Row("viewer", "get", CODE),
    "cancel_run": Row("member", "post", CODE),
    "retry_slot": Row("member", "post", (*CODE, "index")),
    "give_input": Row("member", "post"),
    "print_keepers": Row("member", "get", CODE),
    "mark_keeper": Row("member", "post", CODE),
    "input_strokes": Row("viewer", "get", CODE),
    "input_file": Row("viewer", "get", (*CODE, "shape")),
    "gallery": Row("viewer"),
    "picture": Row("viewer", "get", CODE),
    "compare": Row("viewer"),
    "bin": Row("viewer"),
    "star_pictures": Row("member", "post"),
    "tag_pictures": Row("member", "post"),
    "untag_pictures": Row("member", "post"),
    "collect_pictures": Row("member", "post"),
    "bin_pictures": Row("member", "post"),
    "restore_pictures": Row("member", "post"),
    "download_pictures": Row("viewer", "post"),
    "retention": Row("admin"),
    "hold": Row("admin", "post"),
    "release_hold": Row("admin", "post"),
    "sheets": Row("viewer"),
    "new_sheet": Row("member", "post"),
    "sheet": Row("viewer", "get", CODE),
    "start_sheet": Row("member", "post", CODE),
    "pause_sheet": Row("member", "post", CODE),
    "resume_sheet": Row("member", "post", CODE),
    "cancel_sheet": Row("member", "post", CODE),
    "rerun_sheet": Row("member", "post", CODE),
    "delete_sheet": Row("member", "post", CODE),
    "print_sheet": Row("member", "post", CODE),
    "star_sheet_row": Row("member", "post", (*CODE, "row")),
    "fix_sheet_row": Row("member", "post", (*CODE, "row")),
    "sheet_result": Row("viewer", "get", CODE),
    "sheet_archive": Row("viewer", "get", CODE),
    "events": Row("member"),
    "new_event": Row("admin"),
    "event": Row("member", "get", CODE),
    "change_event": Row("admin", "get", CODE),
    "set_event_budget": Row("admin", "post", CODE),
    "pause_event": Row("member", "post", CODE),
    "resume_event": Row("member", "post", CODE),
    "clear_event_queue": Row("member", "post", CODE),
    "event_facts": Row("admin", "get", CODE),
    "event_facts_csv": Row("admin", "get", CODE),
    "release_capture": Row("member", "post", CODE),
    "hide_capture": Row("member", "post", CODE),
    "delete_as_staff": Row("member", "post", CODE),
    "capture_file": Row("member", "get", (*CODE, "index")),
    "end_event": Row("admin", "post", CODE),
    "new_kiosk_link": Row("admin", "post", CODE),
    "shares": Row("member"),
    "new_share": Row("member"),
    "revoke_share": Row("member", "post", CODE),
    "booth": Row("viewer"),
    "booth_price": Row("member"),
    "make_set": Row("member", "post"),
    "photo_set": Row("viewer", "get", CODE),
    "retry_set": Row("member", "post", CODE),
    "threads": Row("viewer"),
    "new_thread": Row("member"),
    "turn_price": Row("member", "post"),
    "send_turn": Row("member", "post"),
    "take_region": Row("member", "post"),
    "turn_card": Row("viewer", "get", CODE),
    "turn_drift": Row("viewer", "get", CODE),
    "thread": Row("viewer", "get", CODE),
    "thread_archive": Row("viewer", "get", CODE),
    "rename_thread": Row("member", "post", CODE),
    "show_thread": Row("member", "post", CODE),
    "delete_thread": Row("member", "post", CODE),
    "styles": Row("viewer"),
    "new_style": Row("member"),
    "export_styles": Row("viewer"),
    "import_styles": Row("member", "post"),
    "style": Row("viewer", "get", CODE),
    "copy_style": Row("member", "post", CODE),
    "retire_style": Row("member", "post", CODE),
    "restore_style": Row("member", "post", CODE),
    "move_style": Row("admin", "post", CODE),
    "try_style": Row("member", "post", CODE),
    "style_sample": Row("viewer", "get", CODE),
    "collections": Row("viewer"),
    "new_collection": Row("member", "post"),
    "collection": Row("viewer", "get", CODE),
    "rename_collection": Row("member", "post", CODE),
    "order_collection": Row("member", "post", CODE),
    "cover_collection": Row("member", "post", CODE),
    "uncollect_pictures": Row("member", "post", CODE),
    "delete_collection": Row("member", "post", CODE),
    "show_run": Row("member", "post", CODE),
    "comment_run": Row("member", "post", CODE),
    "remove_comment": Row("member", "post", CODE),
    "output_file": Row("viewer", "get", (*CODE, "shape")),
    "partial_file": Row("viewer", "get", (*CODE, "shape")),
    "usage": Row("viewer"),
    "usage_entries": Row("viewer"),
    "months": Row("admin"),
    "month": Row("admin", "get", ("month",)),
    "close_month": Row("admin", "post", ("month",)),
    "compare_usage": Row("admin"),
    "exports": Row("viewer"),
    "make_export": Row("member", "post"),
    "subscribe_export": Row("admin", "post"),
    "unsubscribe_export": Row("admin", "post", CODE),
    "export_file": Row("viewer", "get", CODE),
    "team": Row("viewer"),
    "invite": Row("admin", "post"),
    "send_invitation_again": Row("admin", "post", CODE),
    "revoke_invitation": Row("admin", "post", CODE),
    "leave": Row("viewer", "post"),
    "change_role": Row("admin", "post", CODE),
    "remove_member": Row("admin", "post", CODE),
    "transfer": Row("owner", "post", CODE),
    "keys": Row("viewer"),
    "new_key": Row("viewer"),
    "revoke_key": Row("viewer", "post", CODE),
    "connections": Row("admin"),
    "new_connection": Row("admin"),
    "connection": Row("admin", "get", CODE),
    "make_default_connection": Row("admin", "post", CODE),
    "remove_connection": Row("admin", "post", CODE),
    "test_connection": Row("admin", "post", CODE),
    "connection_health": Row("admin", "get", CODE),
    "purse": Row("viewer"),
    "put_alert_away": Row("viewer", "post", CODE),
    "limits": Row("admin"),
    "set_many_limits": Row("admin", "post"),
    "export_limits": Row("admin"),
    "import_limits": Row("admin", "post"),
    "resolve_charge": Row("admin", "post", CODE),
    "change_limits": Row("admin", "get", ("subject", "name")),
    "remove_limits": Row("admin", "post", ("subject", "name")),
    "add_threshold": Row("admin", "post", ("subject", "name")),
    "remove_threshold": Row("admin", "post", ("subject", "name", "code")),
    "connection_price": Row("admin", "get", CODE),
    "ask_for_more": Row("member"),
    "answer_ask": Row("admin", "post", CODE),
    "set_time_zone": Row("admin", "post"),
    "webhooks": Row("admin"),
    "new_webhook": Row("admin"),
    "webhook": Row("admin", "get", CODE),
    "change_webhook": Row("admin", "get", CODE),
    "test_webhook": Row("admin", "post", CODE),
    "switch_webhook_on": Row("admin", "post", CODE),
    "switch_webhook_off": Row("admin", "post", CODE),
    "remove_webhook": Row("admin", "post", CODE),
    "replay_delivery": Row("admin", "post", CODE),
    "audit": Row("admin"),
    "audit_export": Row("admin"),
    "settings": Row("admin"),
    "rename": Row("admin", "post"),
    "second_factor": Row("admin", "post"),
    "delete_organization": Row("owner", "post"),
}
SIGNED_IN = {"me", "my_data", "download_my_data", "new_organization", "accept_invitation", "second_factor_needed"}
PUBLIC = {"home", "look", "invitation", "healthz", "readyz", "version", "metrics", "design", "docs", "docs_page"}
WITH_A_LINK = {
    "share",
    "shared_archive",
    "shared_file",
    "kiosk",
    "take_capture",
    "kiosk_state",
    "leave_kiosk",
    "wall",
    "wall_file",
    "event_picture",
    "kiosk_style_sample",
    "guest",
    "guest_state",
    "delete_capture",
    "guest_partial",
    "guest_file",
}
WITH_A_KEY = {
    "api_key",
    "gateway_models",
    "gateway_model",
    "gateway_generate",
    "gateway_edit",
    "gateway_respond",
    "gateway_upload",
    "gateway_file",
    "gateway_content",
    "gateway_batches",
    "gateway_batch",
    "gateway_cancel_batch",
}
REST = {
    "api_submit_run": "runs",
    "api_runs": "runs",
    "api_estimate": "estimate",
    "api_sample": "sample",
    "api_run": "runs/{code}",
    "api_run_events": "runs/{code}/events",
    "api_run_metadata": "runs/{code}/metadata",
    "api_run_archive": "runs/{code}/archive",
    "api_cancel_run": "runs/{code}/cancel",
    "api_change_visibility": "runs/{code}/visibility",
    "api_retry_slot": "runs/{code}/slots/0/retry",
    "api_give_input": "inputs",
    "api_input": "inputs/{code}",
    "api_images": "images",
    "api_image": "images/{code}",
    "api_image_file": "images/{code}/original",
    "api_partial_file": "partials/{code}/original",
    "api_tags": "tags",
    "api_collections": "collections",
    "api_collection": "collections/{code}",
    "api_collect": "collections/{code}/images",
    "api_uncollect": "collections/{code}/images/{code}",
    "api_presets": "presets",
    "api_preset": "presets/{code}",
    "api_styles": "styles",
    "api_style": "styles/{code}",
    "api_style_sample": "styles/{code}/sample",
    "api_sheets": "sheets",
    "api_sheet": "sheets/{code}",
    "api_start_sheet": "sheets/{code}/start",
    "api_pause_sheet": "sheets/{code}/pause",
    "api_resume_sheet": "sheets/{code}/resume",
    "api_cancel_sheet": "sheets/{code}/cancel",
    "api_rerun_sheet": "sheets/{code}/rerun",
    "api_print_sheet": "sheets/{code}/print",
    "api_sheet_rows": "sheets/{code}/rows",
    "api_sheet_result": "sheets/{code}/result.csv",
    "api_sheet_archive": "sheets/{code}/archive.zip",
    "api_threads": "threads",
    "api_thread": "threads/{code}",
    "api_turns": "threads/{code}/turns",
    "api_optimize_prompt": "prompts/optimize",
    "api_prompt": "prompts/{code}",
    "api_exports": "exports",
    "api_export": "exports/{code}",
    "api_export_file": "exports/{code}/file",
    "api_quotas": "quotas",
    "api_quota": "quotas/organization/all",
    "api_organization": "organization",
    "api_members": "members",
    "api_models": "models",
    "api_connections": "connections",
    "api_limits": "limits",
    "api_webhooks": "webhooks",
    "api_webhook": "webhooks/{code}",
    "api_webhook_on": "webhooks/{code}/on",
    "api_webhook_off": "webhooks/{code}/off",
    "api_webhook_test": "webhooks/{code}/test",
    "api_deliveries": "webhooks/{code}/deliveries",
    "api_replay": "deliveries/{code}/replay",
    "api_usage": "usage",
}
REST_ACTS = {
    "api_webhook_on",
    "api_webhook_off",
    "api_webhook_test",
    "api_replay",
    "api_submit_run",
    "api_estimate",
    "api_cancel_run",
    "api_change_visibility",
    "api_retry_slot",
    "api_give_input",
    "api_collect",
    "api_turns",
    "api_optimize_prompt",
    "api_start_sheet",
    "api_pause_sheet",
    "api_resume_sheet",
    "api_cancel_sheet",
    "api_rerun_sheet",
    "api_print_sheet",
}
REST_REMOVALS = {"api_uncollect", "api_preset"}
REST_DOCUMENT = {"openapi-json", "api-root"}
BY_LINK = {"gateway_picture"}  # signed: the link is the right
NOWHERE = {"gateway_nothing"}
SANDBOX = {  # any key will do: nothing in it belongs to anybody
    "sandbox_models",
    "sandbox_model",
    "sandbox_generate",
    "sandbox_edit",
    "sandbox_respond",
    "sandbox_files",
    "sandbox_file",
    "sandbox_content",
    "sandbox_batches",
    "sandbox_batch",
    "sandbox_cancel_batch",
    "sandbox_nothing",
}
OTHERS_ROUTES = ("accounts/", "-/operator/")  # allauth's and the admin's own, tested where they are used


def _names(patterns: list[Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith(OTHERS_ROUTES):
                found |= _names(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found.add(pattern.name or route)
    return found


def test_every_url_has_a_row() -> None:
    names = _names(get_resolver().url_patterns)
    assert (
        names
        == set(OF_AN_ORGANIZATION)
        | SIGNED_IN
        | PUBLIC
        | WITH_A_LINK
        | WITH_A_KEY
        | set(REST)
        | REST_DOCUMENT
        | BY_LINK
        | NOWHERE
        | SANDBOX
    )


def _ask(client: Client, name: str, slug: str = "acme") -> int:
    row = OF_AN_ORGANIZATION[name]
    url = reverse(name, kwargs={"slug": slug, **{key: SAMPLES[key] for key in row.kwargs}})
    return int(getattr(client, row.method)(url).status_code)


@pytest.mark.parametrize("name", OF_AN_ORGANIZATION)
def test_a_stranger_to_the_organization_gets_404(
    name: str, acme: Organization, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    assert _ask(sign_in(charlie), name) == 404
    assert _ask(sign_in(charlie), name, "no-such-organization") == 404


@pytest.mark.parametrize("name", OF_AN_ORGANIZATION)
def test_who_is_not_signed_in_is_sent_to_sign_in(name: str, acme: Organization) -> None:
    row = OF_AN_ORGANIZATION[name]
    url = reverse(name, kwargs={"slug": "acme", **{key: SAMPLES[key] for key in row.kwargs}})
    answer = getattr(Client(), row.method)(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", OF_AN_ORGANIZATION)
def test_each_role_gets_what_its_row_says(
    name: str, alice: User, adam: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    least = ROLES.index(OF_AN_ORGANIZATION[name].least)
    people = {"viewer": vera, "member": bob, "admin": adam, "owner": alice}
    for role, user in people.items():
        status = _ask(sign_in(user), name)
        if ROLES.index(role) < least:
            assert status == 403, f"{role} got {status}"
        else:
            assert status in {200, 302, 404, 422}, f"{role} got {status}"


@pytest.mark.parametrize("name", [name for name, row in OF_AN_ORGANIZATION.items() if row.method == "post"])
def test_an_act_is_never_done_by_a_link(name: str, alice: User, acme: Organization, sign_in: SignIn) -> None:
    row = OF_AN_ORGANIZATION[name]
    url = reverse(name, kwargs={"slug": "acme", **{key: SAMPLES[key] for key in row.kwargs}})
    assert sign_in(alice).get(url).status_code == 405


@pytest.mark.parametrize("url", ["/me/", "/o/new/", "/invitations/di_x/accept/", "/o/acme/second-factor/"])
def test_a_persons_pages_need_a_person(url: str, db: None) -> None:
    answer = Client().get(url)
    assert answer.status_code in {302, 405}
    if answer.status_code == 302:
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "url",
    [
        "/sandbox/v1/models",
        "/sandbox/v1/images/generations",
        "/sandbox/v1/files",
        "/sandbox/v1/batches",
        "/sandbox/v1/batches/batch_1",
        "/sandbox/v1/nothing",
    ],
)
def test_the_sandbox_wants_a_key_too(url: str, db: None) -> None:
    answer = Client().get(url)
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("name", REST)
def test_the_api_wants_a_key_or_a_session(name: str, acme: Organization, charlie: User, sign_in: SignIn) -> None:
    url = f"/api/v1/{REST[name].format(code=uuid.uuid4())}"
    method = "post" if name in REST_ACTS else "delete" if name in REST_REMOVALS else "get"
    answer = getattr(Client(), method)(url)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    stranger = getattr(sign_in(charlie), method)(url, headers={"X-Organization": "acme"})
    assert stranger.status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/v1/models",
        "/v1/models/gpt-image-2",
        "/v1/files",
        "/v1/files/file-1",
        "/v1/files/file-1/content",
        "/v1/batches",
        "/v1/batches/batch_1",
    ],
)
@pytest.mark.parametrize("key", ["", "Bearer dk_wrong", "Basic abc"])
def test_the_gateway_wants_a_key(url: str, key: str, db: None) -> None:
    answer = Client().get(url, headers={"Authorization": key} if key else {})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("url", ["/api/v1/key"])
def test_a_call_without_a_key_is_refused(url: str, db: None) -> None:
    answer = Client().get(url)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
