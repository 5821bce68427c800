"""How static files leave the house: one stylesheet, hashed names, compressed.

The stylesheet is written as many small files behind `@import … layer(…)`, which a browser would fetch one
after the other. Collecting puts them into one file, so a page needs a single request before it can paint.
While developing nothing is bundled and the imports just work.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import ContentFile
from servestatic.storage import CompressedManifestStaticFilesStorage

BUNDLES = ("darkroom/css/main.css", "darkroom/css/pages/studio.css")
IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>[\w-]+)\)(?: (?P<media>\([^;]+\)))?;')
ADDRESS = re.compile(r'url\("(?P<path>\.[^"]+)"\)')
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


def bundle(name: str, read: Callable[[str], str]) -> str:
    """The stylesheet `name` with its imports written out. `read` gives the text of a static file."""

    def inline(found: re.Match[str]) -> str:
        path, media = found["path"], found["media"]
        text = read(posixpath.join(posixpath.dirname(name), path))
        text = f"@layer {found['layer']} {{\n{rebase(text, posixpath.dirname(path))}}}"
        return f"@media {media} {{\n{text}\n}}" if media else text

    return IMPORT.sub(inline, COMMENT.sub("", read(name)))


def rebase(text: str, folder: str) -> str:
    """Addresses were relative to the file in `folder`; now they start one level higher, at the bundle."""

    def move(found: re.Match[str]) -> str:
        return f'url("{posixpath.normpath(posixpath.join(folder, found["path"]))}")'

    return ADDRESS.sub(move, COMMENT.sub("", text))


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic is untyped
    """Hashes the addresses inside ES modules too, so that a module never meets an older sibling."""

    support_js_module_import_aggregation = True
    # Ours alone: other packages mention modules in comments that they do not ship.
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
