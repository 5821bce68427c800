"""Define the values from which a run's page is drawn. Times of frames are in milliseconds, as `studio.story.frames`
counts them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from studio.models import Comment, Output
from studio.models.wording import own_words
from studio.story.changes import Change, Word


@dataclass(frozen=True)
class Frame:
    """A partial, the final, or its composite."""

    name: str
    at_ms: int
    preview: str
    original: str
    size_bytes: int
    is_final: bool = False

    @property
    def seconds(self) -> str:
        return clock(self.at_ms)


@dataclass(frozen=True)
class Fact:
    """A parameter: what was asked, and what came."""

    name: str
    asked: str
    got: str
    is_different: bool = False


@dataclass(frozen=True)
class Tokens:
    text_in: int = 0
    images_in: int = 0
    cached_in: int = 0
    out: int = 0

    @property
    def all(self) -> int:
        return self.text_in + self.images_in + self.out

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.text_in + other.text_in,
            self.images_in + other.images_in,
            self.cached_in + other.cached_in,
            self.out + other.out,
        )


@dataclass(frozen=True)
class Cost:
    paid_micros: int
    held_micros: int
    uncertain_micros: int
    is_estimated: bool
    is_play: bool


@dataclass(frozen=True)
class SlotStory:
    index: int
    state: str
    word: str
    tone: str
    width: int
    height: int
    frames: Sequence[Frame] = ()
    length_ms: int = 0  # of its tries together, up to its end or to now
    tries: int = 0
    sentence: str = ""
    charged: str = ""
    request_id: str = ""
    tokens: Tokens | None = None
    output: Output | None = None  # with its composite
    output_code: str = ""
    original: str = ""
    name: str = ""  # of the file when it is downloaded
    size_bytes: int = 0
    revised: Sequence[Word] = ()
    style: str = ""
    told: str = ""  # to the model, where a style added to the prompt

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def seconds(self) -> str:
        return clock(self.length_ms)

    @property
    def newest(self) -> Frame | None:
        return self.frames[-1] if self.frames else None

    @property
    def is_live(self) -> bool:
        return self.state in {"queued", "running"}


@dataclass(frozen=True)
class Relative:
    """A run that this one was made from, or that was made from this one."""

    relation: str
    code: str = ""
    prompt: str = ""
    url: str = ""
    thumbnail: str = ""
    maker: str = ""
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class StoryInput:
    """An input: Image 1, Image 2, …, or the mask."""

    label: str
    name: str
    thumbnail: str
    original: str
    width: int
    height: int
    is_mask: bool = False
    source: Relative | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the log."""

    seq: int
    at_ms: int  # since the run was made
    picture: int | None
    text: str
    tone: str = ""

    @property
    def seconds(self) -> str:
        return clock(self.at_ms)


@dataclass(frozen=True)
class Story:
    code: str
    prompt: str
    kind: str
    model: str
    state: str
    word: str
    tone: str
    made_at: datetime | None
    length_ms: int
    slots: Sequence[SlotStory]
    url: str = ""
    maker: str = ""
    maker_code: str = ""
    maker_id: int = 0
    key_name: str = ""
    connection: str = ""
    project: str = ""
    is_private: bool = False
    is_stopping: bool = False
    is_sample: bool = False
    facts: Sequence[Fact] = ()
    inputs: Sequence[StoryInput] = ()
    came_from: Sequence[Relative] = ()
    became: Sequence[Relative] = ()
    more_became: int = 0
    log: Sequence[Entry] = ()
    tokens: Tokens | None = None
    cost: Cost | None = None
    comments: Sequence[Comment] = ()  # with their authors
    may_act: bool = False
    chosen: SlotStory | None = field(default=None)

    @property
    def title(self) -> str:
        """Return what the person wrote, without what a print or a talk says to the model besides."""
        return own_words(self.prompt)

    @property
    def is_moving(self) -> bool:
        """Return whether more will change: the run is live, or a composite is being made."""
        return self.is_live or any(slot.output and slot.output.awaits_composite for slot in self.slots)

    @property
    def is_live(self) -> bool:
        return self.state in {"queued", "running"}

    @property
    def frame_count(self) -> int:
        return sum(len(slot.frames) for slot in self.slots)

    @property
    def is_related(self) -> bool:
        return bool(self.came_from or self.became)

    @property
    def seconds(self) -> str:
        return clock(self.length_ms)


def clock(milliseconds: int) -> str:
    """Format a duration as short as possible: 4.2 s, 1:07, 2:03:07."""
    seconds = milliseconds / 1000
    if seconds < 60:  # noqa: PLR2004 a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
