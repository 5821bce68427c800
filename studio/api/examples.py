"""List the programs that "Use it from code" shows and the tests run, with the address of this Darkroom in them."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe


class Example(NamedTuple):
    id: str
    title: str
    text: str
    file: str

    def code(self, url: str) -> str:
        return render_to_string(f"studio/examples/{self.file}", {"url": mark_safe(url)}).strip()  # noqa: S308 ours


EXAMPLES = (
    Example("python", "Python", "The official SDK. Each frame is saved as it arrives.", "python.py.txt"),
    Example("node", "Node", "The official SDK, the same way.", "node.mjs.txt"),
    Example("curl", "curl", "One picture as base64 in JSON.", "curl.sh.txt"),
    Example("native", "Lines of events", "The native API: submit and follow in one call.", "native.sh.txt"),
    Example("terminal", "Terminal", "The command line that comes with Darkroom.", "terminal.sh.txt"),
)
