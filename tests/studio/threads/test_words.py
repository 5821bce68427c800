# ruff: noqa: RUF001  Chinese has commas of its own
"""What is said to go back in a thread is understood without a model; everything else is left alone."""

import pytest

from studio.threads.words import Branch, branch_of

NUMBERS = range(31)


@pytest.mark.parametrize(
    ("said", "number", "words"),
    [
        ("go back to turn 3 and make it blue", 3, "Make it blue"),
        ("Go back to turn 3, then make it blue", 3, "Make it blue"),
        ("please go back to step #12: add a moon", 12, "Add a moon"),
        ("Back to 4, but warmer", 4, "Warmer"),
        ("Back to version two and add rain", 2, "Add rain"),
        ("back to turn 3 make it blue", 3, "Make it blue"),
        ("OK, let's go back to the second picture and crop it", 2, "Crop it"),
        ("from turn 3, try a wooden table", 3, "Try a wooden table"),
        ("Start again from turn 1 and use less red", 1, "Use less red"),
        ("return to the original and make it square", 0, "Make it square"),
        ("go back to turn 3", 3, ""),
        ("回到第3步，把天空变成蓝色", 3, "把天空变成蓝色"),
        ("请回到第三轮，然后加一个月亮", 3, "加一个月亮"),
        ("退回到第 12 张图再亮一点", 12, "亮一点"),
        ("从第二十三步开始，换成木桌", 23, "换成木桌"),
        ("回到原图，去掉文字", 0, "去掉文字"),
    ],
)
def test_going_back_is_understood(said: str, number: int, words: str) -> None:
    assert branch_of(said, NUMBERS) == Branch(number, words)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Make it blue",
        "go back to turn 99 and make it blue",
        "go back to 3 colours",
        "Go back to 1950s style",
        "from turn of the century posters",
        "Use picture 2 as a reference for the hat",
        "Take the text back to the left",
        "Turn 3 lamps on",
        "把背景退回到白色",
        "从第一眼看就要醒目",
        "加三个月亮",
    ],
)
def test_what_only_sounds_like_it_is_left_alone(said: str) -> None:
    assert branch_of(said, NUMBERS) is None
