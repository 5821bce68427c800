"""Wrap a person's words for a model, and find them again: a title shows what the person wrote, not what the model reads
along with it."""

PRINT = (
    "Render Image 1 again as the finished picture, in full detail. Keep its composition, its subjects, its colours and "
    "its light exactly as they are, and add nothing.\n\nWhat it shows: "
)
INSTRUCTIONS, EARLIER, NOW = "Instructions:\n", "Said before:\n", "Now:\n"


def own_words(prompt: str) -> str:
    """Return what the person wrote of a prompt: what a print shows, or the newest turn of a talk."""
    while prompt.startswith(PRINT):
        prompt = prompt.removeprefix(PRINT)
    before, sign, now = prompt.partition(f"\n\n{NOW}")
    return now if sign and before.startswith((INSTRUCTIONS, EARLIER)) else prompt
