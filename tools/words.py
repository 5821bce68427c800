"""Find words that are not plain English in documents, templates, comments and sentences, and suggest better ones.
bin/check runs this."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = [
    "*.md",
    ".github",
    "accounts",
    "bench",
    "billing",
    "bin",
    "deploy",
    "docs",
    "saas",
    "studio",
    "templates",
    "tools",
]
SUFFIXES = {"", ".css", ".example", ".html", ".js", ".md", ".py", ".sh", ".txt", ".yaml", ".yml"}

BETTER = {
    "whoever|whomever": "the person who, anyone who",
    "nobody": "no one, or say what does not happen",
    "somebody": "someone, a person, or the name of a role",
    "(?:is|are|was|were|be|been) told": "gets, reads, is notified",
    "anew": "again",
    "shall": "must, should, will",
    "until now": "so far",
    r"stands? in(?! front\b| for\b| the way\b)": "is in, is listed in",
    "lies in": "is in",
    "for ever": "forever",
    r"for nothing(?! but\b)": "free of charge, without a result",
    "dearest": "most expensive",
}
# A user of Unix, a message's type, and a template's variable; the name of what a style made of a prompt.
EXCEPTIONS = {
    "nobody": {"saas/embedded/runner.py", "saas/web/health.py", "templates/studio/_references.html"},
    "was told": {"templates/studio/story/_head.html"},
}
SPACE = r"[\s#*]+"  # a phrase may continue in the next line of a comment
# One pattern for all, since most files have no match at all. The number of the group is that of the phrase.
PHRASES = re.compile(
    r"\b(?:" + "|".join(f"({phrase.replace(' ', SPACE, 1)})" for phrase in BETTER) + r")\b", re.IGNORECASE
)


def main() -> int:
    found = [each for file in files() for each in accents(file)]
    for each in found:
        print(each)
    return 1 if found else 0


def files() -> Iterator[Path]:
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            yield from sorted(path.rglob("*")) if path.is_dir() else [path]


def accents(file: Path) -> Iterator[str]:
    """Yield a line for each phrase in the file. A word in capitals is a name in code, and no phrase."""
    name = file.relative_to(ROOT).as_posix()
    if file.suffix not in SUFFIXES or not file.is_file() or "/migrations/" in name or file == Path(__file__):
        return
    text = file.read_text()
    for match in PHRASES.finditer(text):
        words = " ".join(match[0].split())
        if words.isupper() or name in EXCEPTIONS.get(words.lower(), ()):
            continue
        line = text.count("\n", 0, match.start()) + 1
        yield f"{name}:{line} “{words}”: better {list(BETTER.values())[(match.lastindex or 1) - 1]}"


if __name__ == "__main__":
    sys.exit(main())
