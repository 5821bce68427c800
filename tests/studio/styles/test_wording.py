"""What a model gets to read for a picture in a style."""

import pytest

from studio.models import StyleVersion
from studio.styles import wording

LINOCUT = StyleVersion(
    name="Linocut",
    prompt="Cut it as a linocut.",
    keeps=["identity", "the logo on the mug"],
    frees=["background", "lighting"],
    solo="Carve the face with few lines.",
    group="Give each head an outline.",
)
WHOLE = """\
On a boat

Cut it as a linocut.

If there is one person: Carve the face with few lines.
If there are several people: Give each head an outline.

You are free to change the background and the lighting.

Keep faithfully, whatever the style does to the rest:
- who each person is, with face, skin, hair and age
- the logo on the mug

Shape of the picture: portrait, 2:3."""


def test_the_persons_words_come_first_and_what_must_stay_and_the_shape_come_last() -> None:
    assert wording.tell(LINOCUT, " On a boat ", size="1024x1536") == WHOLE


def test_without_a_picture_there_is_nothing_to_keep() -> None:
    told = wording.tell(LINOCUT, "A poster", size="auto", has_pictures=False)
    assert told.startswith("A poster\n\nCut it as a linocut.\n\nIf there is one person")
    assert told.endswith("Give each head an outline.")


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("auto", ""),
        ("1024x1024", "square, 1:1"),
        ("1024x1536", "portrait, 2:3"),
        ("1536x1024", "landscape, 3:2"),
        ("1920x1088", "landscape, about 16:9"),
        ("1088x1920", "portrait, about 9:16"),
        ("3840x1280", "landscape, 3:1"),
        ("1040x1008", "landscape, 1040 by 1008 pixels"),
    ],
)
def test_the_shape_is_said_in_words(size: str, words: str) -> None:
    assert wording.ratio_words(size) == words
