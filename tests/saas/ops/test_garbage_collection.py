"""What a process loads at its start is set aside from the collector of garbage."""

import gc
import os
import subprocess
import sys
from pathlib import Path

from saas.ops import garbage_collection

ROOT = Path(__file__).parents[3]


def test_it_rests_while_much_is_loaded_and_works_again_whatever_happens() -> None:
    with garbage_collection.paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    try:
        with garbage_collection.paused():
            raise LookupError
    except LookupError:
        assert gc.isenabled()


def test_the_web_process_has_set_aside_what_it_loaded() -> None:
    """In a process of its own: this one's tests are no program."""
    said = """if True:
        import saas.asgi, gc
        from django.urls import get_resolver
        get_resolver().url_patterns
        print(gc.isenabled(), gc.get_freeze_count() > 50_000, len(gc.get_objects()) < 5_000)
    """
    ended = subprocess.run(
        [sys.executable, "-c", said],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["True", "True", "True"]
