"""Open the person's browser on Darkroom's first page."""

import os
import sys
import webbrowser

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_page(url: str) -> None:
    """Open the page, or say that this machine has no browser to open it with. One that runs in a terminal would take
    the terminal over."""
    has_screen = sys.platform != "linux" or any(map(os.environ.get, SCREENS))
    if not (has_screen and webbrowser.open(url)):
        print(f"  No browser could be opened here. Open {url} in yours.", flush=True)
