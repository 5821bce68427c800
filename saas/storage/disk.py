"""Write files to a disk whole or not at all: a full disk or a killed process leaves no half-written file under the
final name, where it would block the next try and could be mistaken for the picture."""

import os
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage


class WholeFileStorage(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        unfinished = f"{name}.{uuid4().hex}.unfinished"
        try:
            super()._save(unfinished, content)  # type: ignore[misc]  # django-stubs leaves it out
            return self._place(unfinished, name)
        finally:
            with suppress(OSError):
                os.unlink(self.path(unfinished))  # noqa: PTH108 as the storage itself does it

    def _place(self, unfinished: str, name: str) -> str:
        """Move the finished file to its name. Use a link, because a rename would replace a file that another process
        has put there meanwhile."""
        while True:
            try:
                os.link(self.path(unfinished), self.path(name))
            except FileExistsError:
                name = self.get_available_name(name)
            except OSError:  # a file system without links
                os.replace(self.path(unfinished), self.path(name))  # noqa: PTH105
                return name
            else:
                return name
