"""How soon a page opens its socket again."""

import time
from typing import Any

from playwright.sync_api import BrowserContext, WebSocketRoute

from saas.server.drain import RESTARTING
from tests.browser.studio import signed_in

TIMES = 8
MOST_SECONDS = 10.0  # with the pauses after other codes it takes at least half a minute


def test_a_page_whose_web_process_restarts_connects_again_at_once(
    context: BrowserContext, demo: dict[str, Any]
) -> None:
    opened = list[float]()

    def close(socket: WebSocketRoute) -> None:
        opened.append(time.monotonic())
        if len(opened) <= TIMES:
            socket.close(code=RESTARTING)

    context.route_web_socket("**/ws/**", close)
    page = signed_in(context, demo)
    deadline = time.monotonic() + MOST_SECONDS
    while len(opened) <= TIMES and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(opened) == TIMES + 1
