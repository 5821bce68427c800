"""Somebody asks for better words, keeps their own, asks again, uses them, and takes them back."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in


def test_asked_kept_asked_used_taken_back(context: BrowserContext, demo: dict[str, str]) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto("/o/demo/")
    words = page.get_by_label("Prompt", exact=True)
    words.fill("a lamp in the rain")
    improve = page.get_by_role("button", name="Improve the prompt")
    improve.click()
    suggestion = page.locator("[data-improved-words]")
    expect(suggestion).to_contain_text("a lamp in the rain. ", timeout=20_000)
    expect(words).to_have_value("a lamp in the rain")
    must_please_axe(page)
    page.get_by_role("button", name="Keep mine").click()
    expect(suggestion).to_have_count(0)
    expect(words).to_have_value("a lamp in the rain")
    improve.click()
    expect(suggestion).to_be_visible(timeout=20_000)
    better = suggestion.text_content()
    page.get_by_role("button", name="Use it").click()
    expect(words).to_have_value(better or "")
    page.get_by_role("button", name="Restore my prompt").click()
    expect(words).to_have_value("a lamp in the rain")
    words.fill("no [sandbox fail=moderation_blocked]")
    improve.click()
    expect(page.locator("#improvement")).to_contain_text("safety system refused this prompt", timeout=20_000)
    page.get_by_role("button", name="Close").click()
    assert complaints == []


def test_axe_finds_nothing_where_it_is_set_up(context: BrowserContext, demo: dict[str, str]) -> None:
    page = signed_in(context, demo)
    page.goto("/o/demo/settings/prompts/")
    expect(page.get_by_text("gpt-5")).to_be_visible()
    must_please_axe(page)
