"""Save pictures: river0.png and river1.png are partials, river.png is the final, and river-oil.png is one in a style.
Existing files are not overwritten."""

import re
from collections.abc import Sequence
from pathlib import Path

from saas.cli.errors import CommandFailed

MOST_CHARACTERS = 40
ENDINGS = {"jpeg": "jpg"}


def stem_of(prompt: str) -> str:
    """Return the prompt's first words as a file name that is valid anywhere."""
    words = re.sub(r"[^\w]+", "-", prompt[:200]).strip("-_").lower()
    return words[:MOST_CHARACTERS].rstrip("-_") or "picture"


class Folder:
    def __init__(self, path: Path, name: str, count: int, styles: Sequence[str] = ()) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandFailed(2, f"{path} cannot be made: {error.strerror}.") from error
        self.path, self.count = path, count
        self.styles = [stem_of(style) for style in styles]
        self.name = self._free(name)

    def final(self, slot: int, form: str, data: bytes) -> Path:
        return self._write(self._stem(slot), form, data)

    def partial(self, slot: int, index: int, form: str, data: bytes) -> Path:
        between = "" if self.count == 1 else "-"
        return self._write(f"{self._stem(slot)}{between}{index}", form, data)

    def _stem(self, slot: int) -> str:
        if self.styles:
            each = self.count // len(self.styles)
            in_style = f"{self.name}-{self.styles[slot // each]}"
            return in_style if each == 1 else f"{in_style}-{slot % each + 1}"
        return self.name if self.count == 1 else f"{self.name}-{slot + 1}"

    def _write(self, stem: str, form: str, data: bytes) -> Path:
        file = self.path / f"{stem}.{ENDINGS.get(form, form)}"
        file.write_bytes(data)
        return file

    def _free(self, name: str) -> str:
        taken = {file.name for file in self.path.iterdir()}
        candidates = [name, *(f"{name}_{number}" for number in range(2, 10_000))]
        return next(one for one in candidates if not any(_is_of(file, one, self.styles) for file in taken))


def _is_of(file: str, name: str, styles: Sequence[str]) -> bool:
    in_style = f"(-({'|'.join(map(re.escape, styles))}))?" if styles else ""
    return re.fullmatch(rf"{re.escape(name)}{in_style}(\d|-\d+(-\d)?)?\.(png|jpg|webp)", file) is not None


def form_of(data: bytes) -> str:
    """Return the format that the bytes show: a partial may have another one than the final."""
    if data.startswith(b"\xff\xd8"):
        return "jpg"
    return "webp" if data[8:12] == b"WEBP" else "png"
