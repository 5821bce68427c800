"""List the programs that "Use it from code" shows and the tests run, with the address of this Darkroom in them."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe


class Example(NamedTuple):
    id: str
    title: str
    text: str
    file: str

    def code(self, url: str, key: str = "") -> str:
        """Return the program. With a key, put the key where the program reads it from its environment."""
        code = render_to_string(f"studio/examples/{self.file}", {"url": mark_safe(url)}).strip()  # noqa: S308 ours
        for place, text in PLACES_OF_THE_KEY.items() if key else ():
            code = code.replace(place, text.format(key))
        return code


class Task(NamedTuple):
    """What a program wants to do, in each language."""

    id: str
    title: str
    text: str

    @property
    def examples(self) -> list[Example]:
        return [Example(f"{self.id}-{name}", title, "", f"{self.id}.{file}") for name, title, file in LANGUAGES]


PLACES_OF_THE_KEY = {
    'os.environ["DARKROOM_API_KEY"]': '"{}"',
    "process.env.DARKROOM_API_KEY": '"{}"',
    "$DARKROOM_API_KEY": "{}",
}
LANGUAGES = (("python", "Python", "py.txt"), ("node", "Node", "mjs.txt"), ("curl", "curl", "sh.txt"))
TASKS = (
    Task("generate", "Generate", "A picture from words."),
    Task("stream", "Stream", "Each frame is there as it develops, the last one is the picture."),
    Task("edit", "Edit", "A picture of yours, changed in words."),
    Task("mask", "Mask", "Only a part is painted again. The mask guides the model; it is no stencil."),
    Task("references", "Several references", "Up to sixteen pictures, which the prompt calls by their numbers."),
    Task("talk", "Talk", "Turn by turn: the next request says what to change in the picture before."),
    Task("errors", "Errors and retries", "What to try again, what not, and how nothing is paid twice."),
    Task("batch", "Batch", "Many pictures, a few at a time. “darkroom batch” does it from a CSV file, and resumes."),
)
OTHER_WAYS = (
    Example("native", "Lines of events", "The native API: submit and follow in one call.", "native.sh.txt"),
    Example("terminal", "Terminal", "The command line that comes with Darkroom.", "terminal.sh.txt"),
)
