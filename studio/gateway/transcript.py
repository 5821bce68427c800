"""Write a conversation as one prompt. OpenAI gives all earlier turns to its text model; an edit has no text model, and
the next request sends only its own words. So a prompt includes the turns before it, the newest that fit, and the next
prompt reads them from there."""

from studio.models.wording import EARLIER, INSTRUCTIONS, NOW

MOST_EARLIER_CHARACTERS = 6_000
MARK = "- "


def compose(*, instructions: str, earlier: list[str], now: str) -> str:
    """Compose the prompt. Without instructions and earlier turns it is `now` alone."""
    turns = _that_find_room([_one_line(turn) for turn in earlier if turn.strip()])
    before = [f"{INSTRUCTIONS}{instructions.strip()}"] if instructions.strip() else []
    before += [EARLIER + "\n".join(f"{MARK}{turn}" for turn in turns)] if turns else []
    return "\n\n".join([*before, f"{NOW}{now}"]) if before else now


def turns_of(prompt: str) -> list[str]:
    """Return the turns of an earlier prompt, without its instructions, which apply only to the call that gives them."""
    before, sign, now = prompt.partition(f"\n\n{NOW}")
    if not sign or not before.startswith((INSTRUCTIONS, EARLIER)):
        return [prompt]
    _, _, earlier = before.rpartition(EARLIER)
    lines = earlier.split("\n") if before.rpartition(EARLIER)[1] else []
    return [line.removeprefix(MARK) for line in lines if line.startswith(MARK)] + [now]


def _that_find_room(turns: list[str]) -> list[str]:
    room, found = MOST_EARLIER_CHARACTERS, list[str]()
    for turn in reversed(turns):
        room -= len(turn)
        if room < 0:
            break
        found.insert(0, turn)
    return found


def _one_line(turn: str) -> str:
    return " ".join(turn.split())
