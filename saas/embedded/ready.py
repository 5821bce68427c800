"""Say when Darkroom can be used, and how."""

import http.client
import time
from importlib import import_module
from threading import Thread

from saas.embedded import browser, variables
from saas.embedded.folder import DataFolder
from saas.embedded.listening import Address
from saas.ops import garbage_collection

POLL_SECONDS = 0.02
ANSWER_SECONDS = 10.0
IMPATIENT_AFTER_SECONDS = 20.0

# Slow to load, and needed by the first page and the first picture, but not for being ready.
LATER = ("studio.api.urls", "studio.engine.worker", "studio.providers.openai_sdk")

HOW_TO_SIGN_IN = """\
  Sign up:  {url}/accounts/signup/  (e-mails with confirmation links are printed here)
  Or get a demo account with an API key:  bin/manage demo
  Stop with Ctrl-C. All data is in {data}"""


def announce(folder: DataFolder, address: Address, *, opens: bool) -> None:
    """Announce in the background, because the web server has yet to start. With `opens`, open the browser, too."""
    Thread(target=_announce, args=(folder, address, opens), name="ready", daemon=True).start()


def _announce(folder: DataFolder, address: Address, opens: bool) -> None:
    began = time.monotonic()
    is_impatient = False
    while (answer := _readyz(address))[0] != http.client.OK:
        if not is_impatient and time.monotonic() - began > IMPATIENT_AFTER_SECONDS:
            is_impatient = True
            print(f"Darkroom is not ready yet: {answer[1]}", flush=True)
        time.sleep(POLL_SECONDS)
    variables.remember_url(folder, address.public_url)
    print(f"Darkroom is ready at {address.url}", flush=True)
    print(HOW_TO_SIGN_IN.format(url=address.public_url, data=folder.root), flush=True)
    if opens:
        browser.open_page(address.public_url)
    for name in LATER:
        import_module(name)
    garbage_collection.set_aside()


def _readyz(address: Address) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address.reachable_host, address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Host": _allowed_name()})
        answer = connection.getresponse()
        return answer.status, answer.read(2000).decode(errors="replace")
    except OSError as error:
        return 0, str(error)
    except http.client.HTTPException as error:
        return 0, repr(error)
    finally:
        connection.close()


def _allowed_name() -> str:
    """Return a name that ALLOWED_HOSTS allows, because the user may have restricted them."""
    from django.conf import settings  # Django is set up by the caller

    name: str = settings.ALLOWED_HOSTS[0].lstrip(".")
    return "localhost" if name == "*" else name
