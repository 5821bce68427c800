"""Read the command line."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import metadata

from saas.cli import commands, threads
from saas.cli.completion import SHELLS
from saas.cli.errors import CommandFailed

INTERRUPTED = 130
EPILOG = """\
begin with:   darkroom login
              darkroom generate "a river at dusk" --size 1536x1024 --partials

exit codes:   0 success · 1 a picture is missing · 2 wrong usage · 3 the key was refused
              4 Darkroom cannot be reached · 5 a limit is reached · 130 interrupted"""
STATES = ["queued", "running", "succeeded", "answered", "failed", "refused", "cancelled", "unknown"]


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        code: int = options.act(options)
    except CommandFailed as failure:
        print(failure.sentence, file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        print("\nStopped. What was sent continues; see “darkroom runs”.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 0  # the program that reads our output has closed it
    return code


def parser() -> ArgumentParser:
    common = ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--url", help="address of your Darkroom (or set DARKROOM_URL)")
    common.add_argument("--key", help="API key; safer to set with “darkroom login” or DARKROOM_API_KEY")
    common.add_argument("--json", action="store_true", help="one JSON document on standard output")
    program = ArgumentParser(
        prog="darkroom",
        description="Make pictures from the terminal.",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    program.add_argument("--version", action="version", version=f"darkroom {version()}")
    words = program.add_subparsers(required=True, metavar="COMMAND")

    def word(name: str, text: str) -> ArgumentParser:
        found = words.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)
        found.set_defaults(act=getattr(commands, name))
        return found

    word("login", "Save the address of your Darkroom and your API key.")
    generate = word("generate", "Make pictures from a prompt.")
    generate.add_argument("prompt")
    _making(generate)
    edit = word("edit", "Edit a picture, or several together.")
    edit.add_argument("prompt", nargs="?", help="what the picture should become; with --styles it may be left out")
    edit.add_argument("files", nargs="+", metavar="PHOTO")
    edit.add_argument("--mask", help="a PNG of the same size; its transparent parts may change")
    _making(edit)
    estimate = word("estimate", "Say what pictures will cost. Nothing is made or held.")
    estimate.add_argument("prompt", nargs="?", help="without one, a short prompt is assumed")
    estimate.add_argument(
        "--pictures-a-day", type=_at_least_one, metavar="N", help="also say what a month of them will cost"
    )
    _asking(estimate)
    batch = word("batch", "Make pictures from the rows of a CSV file. Run it again to continue where it stopped.")
    batch.add_argument("file", metavar="PROMPTS.CSV")
    batch.add_argument("--concurrency", type=_at_least_one, default=8, help="how many rows at once (8)")
    batch.add_argument("--out", default="pictures", help="folder for pictures and results.csv")
    batch.add_argument("--dry-run", action="store_true", help="only say what is missing and what it will cost")
    optimize = word("optimize", "Print better words for a prompt, by a text model. It costs what its tokens cost.")
    optimize.add_argument("prompt")
    _talking(word("thread", "Talk about a picture: start PHOTO [WORDS], say THREAD WORDS, or show THREAD."))
    word("styles", "List the styles that pictures can be made in.")
    runs = word("runs", "List the newest runs.")
    runs.add_argument("--limit", type=_at_least_one, default=20)
    runs.add_argument("--state", choices=STATES)
    runs.add_argument("--by", help="a member's id, or “me”")
    download = word("download", "Download the pictures of a run, or with --all everything that belongs to it.")
    download.add_argument("run", nargs="?", help="its id; with --all and without an id, every run that has ended")
    download.add_argument(
        "--all", action="store_true", help="partials, finals, inputs and metadata.json, in runs/<time>/"
    )
    download.add_argument("--out", default=".")
    download.add_argument("--name")
    usage = word("usage", "Show what was used and what it cost.")
    usage.add_argument("--since", help="a day, such as 2026-11-01")
    usage.add_argument("--until")
    usage.add_argument("--play", action="store_true", help="only the sandbox, in play money")
    completion = word("completion", "Print what a shell needs to complete commands: source <(darkroom completion bash)")
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(parser=program)
    return program


def version() -> str:
    try:
        return metadata.version("darkroom")
    except metadata.PackageNotFoundError:  # from a folder, without having been installed
        return "of this folder"


def _making(words: ArgumentParser) -> None:
    _asking(words)
    words.add_argument("--out", default=".", help="folder for the pictures")
    words.add_argument("--name", help="name of the files; default: the prompt's first words")


def _talking(words: ArgumentParser) -> None:
    words.add_argument("do", choices=threads.ACTS)
    words.add_argument("what", metavar="PHOTO|THREAD", help="the picture to start from, or the thread's id")
    words.add_argument("words", nargs="?", metavar="WORDS", help="what should change")
    words.add_argument("--parent", metavar="N", help="the turn to go on from, by its number; 0 is the first picture")
    words.add_argument("--with", dest="references", action="append", metavar="PHOTO", help="another picture to look at")
    words.add_argument("--mask", help="a PNG of the first picture's size; its transparent parts may change")
    words.add_argument("--title", help="of a thread that is started")
    words.add_argument("-n", type=_at_least_one, help="how many pictures to choose from")
    for name in ("model", "size", "quality"):
        words.add_argument(f"--{name}")
    words.add_argument("--format", choices=["png", "jpeg", "webp"])
    words.add_argument("--partials", nargs="?", type=int, choices=(1, 2, 3), const=3, help="also the frames on the way")
    words.add_argument("--out", default=".", help="folder for the pictures")
    words.add_argument("--name", help="name of the files; default: turn-1, turn-2, …")


def _asking(words: ArgumentParser) -> None:
    words.add_argument("-n", type=_at_least_one, default=1, help="how many pictures")
    for name in ("model", "size", "quality", "background", "moderation", "project"):
        words.add_argument(f"--{name}")
    words.add_argument("--styles", type=_names, metavar="A,B", help="up to four styles; -n pictures are made in each")
    words.add_argument("--format", choices=["png", "jpeg", "webp"])
    words.add_argument("--compression", type=int, metavar="0-100")
    words.add_argument(
        "--partials",
        nargs="?",
        type=int,
        choices=(1, 2, 3),
        const=3,
        help="also the frames on the way: name0, name1, …",
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
