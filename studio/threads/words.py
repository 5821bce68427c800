"""Understand "go back to turn 3 and make it blue" by its words alone, in English and Chinese. No model is asked, so it
is known before anything is paid for, and it can be undone."""

import re
from collections.abc import Container
from dataclasses import dataclass

START = 0
SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
CHINESE = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"\u3007": 0, "两": 2}
THING = r"(?:turn|step|version|picture|image|round|attempt|edit|number|no\.?)"
NUMBER = rf"(?P<number>\d{{1,4}}|{'|'.join(SMALL)})"
FIRST = r"the\s+(?:very\s+)?(?P<start>start|beginning|original(?:\s+(?:picture|image|photo|one))?)"
ORDINAL = rf"the\s+(?P<ordinal>{'|'.join(ORDINALS)})\s+{THING}"
BACK = r"(?:(?:(?:go|get|jump|roll|step|come|walk|move)\s+)?back\s+to|return\s+to|revert\s+to)"
FROM = r"(?:(?:start|go\s+on|continue|branch|work)(?:\s+(?:again|over|off|out))?\s+from|branch\s+off|from|use|take)"
JOINT = r"(?:\s*[,.;:–—-]+\s*(?:and\s+then\s+|then\s+|and\s+|but\s+)?|\s+(?:and\s+then|and|then|but)\s+|\s*$)"  # noqa: RUF001
ENGLISH = [
    re.compile(rf"{BACK}\s+{THING}\s*\#?\s*{NUMBER}\b{JOINT}?", re.IGNORECASE),
    re.compile(rf"{BACK}\s+\#?{NUMBER}\b{JOINT}", re.IGNORECASE),  # "back to 3 colours" is no turn
    re.compile(rf"{FROM}\s+{THING}\s*\#?\s*{NUMBER}\b{JOINT}", re.IGNORECASE),
    re.compile(rf"{BACK}\s+{ORDINAL}\b{JOINT}?", re.IGNORECASE),
    re.compile(rf"{FROM}\s+{ORDINAL}\b{JOINT}", re.IGNORECASE),
    re.compile(rf"(?:{BACK}|start\s+(?:again|over)\s+from)\s+{FIRST}\b{JOINT}?", re.IGNORECASE),
]
POLITE = re.compile(r"(?:(?:please|now|ok(?:ay)?|let'?s|can\s+(?:you|we)|could\s+(?:you|we))[\s,]+)+", re.IGNORECASE)
HAN = r"(?P<number>\d{1,4}|[零\u3007一二两三四五六七八九十百]{1,7})"
UNIT = r"(?:轮|步|回合?|次|张图?片?|个?版本?|版|幅图?)"
GOES = r"(?:回到|退回到?|返回到?|跳回到?|回退到?|恢复到|还原到)"
COMMAS = r"[\s,\uff0c.\u3002;\uff1b:\uff1a\u3001]*"  # those of Chinese, too
THEN = (
    rf"(?:的?(?:图片?|画面|样子|结果))?(?:那里)?(?:重新)?(?:开始|继续|出发)?{COMMAS}(?:然后|并且|接着|并|再)*{COMMAS}"
)
ZH = [
    re.compile(rf"(?:请|麻烦|帮我)?{GOES}\s*第\s*{HAN}\s*{UNIT}?{THEN}"),
    re.compile(rf"(?:请|麻烦|帮我)?{GOES}\s*{HAN}\s*{UNIT}{THEN}"),
    re.compile(rf"(?:请|麻烦|帮我)?(?:从|基于|以)\s*第\s*{HAN}\s*{UNIT}{THEN}"),
    re.compile(rf"(?:请|麻烦|帮我)?{GOES}\s*(?P<start>原图|最初|最开始|开头|原来的?图?片?|起点){THEN}"),
]


@dataclass(frozen=True, slots=True)
class Branch:
    """A turn that was named, 0 being the picture that the thread starts from, and what else was said."""

    number: int
    words: str


def branch_of(said: str, numbers: Container[int]) -> Branch | None:
    """Return the turn that the words go back to, if they do and there is one of that number."""
    text = said.strip()
    polite = POLITE.match(text)
    plain = text[polite.end() :] if polite else text
    for pattern in (*ENGLISH, *ZH):
        found = pattern.match(plain)
        if found is None:
            continue
        number = _number(found.groupdict())
        if number is not None and number in numbers:
            return Branch(number, _beginning_large(plain[found.end() :].strip()))
    return None


def _number(parts: dict[str, str | None]) -> int | None:
    if parts.get("start"):
        return START
    if ordinal := parts.get("ordinal"):
        return ORDINALS.index(ordinal.lower()) + 1
    said = (parts.get("number") or "").lower()
    if said.isdecimal():
        return int(said)
    return SMALL.index(said) if said in SMALL else _chinese(said)


def _chinese(said: str) -> int | None:
    """Read a number up to 999 such as 二十三."""
    total = digit = 0
    for sign in said:
        if sign in CHINESE:
            digit = CHINESE[sign]
        elif sign in {"十", "百"}:
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            return None
    return total + digit if said else None


def _beginning_large(words: str) -> str:
    return words[:1].upper() + words[1:]
