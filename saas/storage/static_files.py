"""Collect static files for production: one stylesheet, hashed names, compressed.

The stylesheet is written as many small files behind `@import … layer(…)`, which a browser would fetch one after the
other. Collecting puts them into one file, so a page needs a single request before it can paint. During development
nothing is bundled, and the browser follows the imports.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import ContentFile
from servestatic.storage import CompressedManifestStaticFilesStorage

BUNDLES = (
    "darkroom/css/main.css",
    "darkroom/css/pages/studio.css",
    "darkroom/css/pages/booth.css",
    "darkroom/css/pages/kiosk.css",
)
IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>[\w-]+)\)(?: (?P<media>\([^;]+\)))?;')
ADDRESS = re.compile(r'url\("(?P<path>\.[^"]+)"\)')
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


def bundle(name: str, read: Callable[[str], str]) -> str:
    """Return the stylesheet `name` with its imports replaced by their text. `read` returns a static file's text."""

    def inline(found: re.Match[str]) -> str:
        path, media = found["path"], found["media"]
        text = read(posixpath.join(posixpath.dirname(name), path))
        text = f"@layer {found['layer']} {{\n{rebase(text, posixpath.dirname(path))}}}"
        return f"@media {media} {{\n{text}\n}}" if media else text

    return IMPORT.sub(inline, COMMENT.sub("", read(name)))


def rebase(text: str, folder: str) -> str:
    """Return the text with addresses that were relative to a file in `folder` made relative to the bundle."""

    def move(found: re.Match[str]) -> str:
        return f'url("{posixpath.normpath(posixpath.join(folder, found["path"]))}")'

    return ADDRESS.sub(move, COMMENT.sub("", text))


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic is untyped
    """A storage that hashes the addresses inside ES modules too, so that a module never imports an older version."""

    support_js_module_import_aggregation = True
    # Only Darkroom's own files: other packages mention modules in comments that they do not ship.
    _js_module_import_aggregation_patterns = (
        "darkroom/js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: object
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        if not dry_run:
            self._bundle(paths)
        yield from super().post_process(paths, dry_run, **options)

    def _bundle(self, paths: dict[str, Any]) -> None:
        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        for name in BUNDLES:
            if name in paths:
                text = bundle(name, read)
                self.delete(name)
                self.save(name, ContentFile(text.encode()))
                paths[name] = (self, name)
