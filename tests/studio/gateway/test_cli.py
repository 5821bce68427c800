"""The command line against a running Darkroom, as a program of its own."""

import csv
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.instance import ROOT, Instance
from tests.support.picture_bytes import opened, plain

SMALL = ("--size", "1024x640", "--quality", "low")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


class Terminal:
    def __init__(self, home: Path, url: str, key: str) -> None:
        self.cwd, self.home = home.parent, home
        self.variables = {"DARKROOM_URL": url, "DARKROOM_API_KEY": key}

    def __call__(self, *words: str, signed_in: bool = True) -> "subprocess.CompletedProcess[str]":
        given = self.variables if signed_in else {}
        environment = {**os.environ, **given, "XDG_CONFIG_HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "saas.cli", *words]
        return subprocess.run(
            command, cwd=self.cwd, env=environment, capture_output=True, text=True, timeout=90, check=False
        )


@pytest.fixture
def darkroom_word(home: Path, darkroom: Instance, api_key: str) -> Terminal:
    return Terminal(home, darkroom.url, api_key)


def test_pictures_are_made_with_their_frames(darkroom_word: Terminal) -> None:
    done = darkroom_word("generate", "A river", "--out", "out", "--name", "river", "--partials", *SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "out/river.png\n"
    files = sorted(file.name for file in (darkroom_word.cwd / "out").iterdir())
    assert files == ["river.png", "river0.png", "river1.png", "river2.png"]
    picture = opened((darkroom_word.cwd / "out" / "river.png").read_bytes())
    assert (picture.width, picture.height) == (1024, 640)


def test_nothing_is_overwritten_and_scripts_read_json(darkroom_word: Terminal) -> None:
    words = ("generate", "A lamp, lit!", "-n", "2", "--out", "out", "--json", *SMALL)
    first, second = json.loads(darkroom_word(*words).stdout), json.loads(darkroom_word(*words).stdout)
    assert sorted(first["files"]) == ["out/a-lamp-lit-1.png", "out/a-lamp-lit-2.png"]
    assert sorted(second["files"]) == ["out/a-lamp-lit_2-1.png", "out/a-lamp-lit_2-2.png"]
    assert (first["state"], first["errors"]) == ("succeeded", [])


def test_the_price_is_told_before_anything_is_made(darkroom_word: Terminal) -> None:
    before = darkroom_word("runs", "--json").stdout
    done = darkroom_word("estimate", "A lamp", "-n", "2", "--quality", "medium", "--size", "1024x1024")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 pictures: $0.10")
    assert done.stdout.endswith(" of play money\n")
    month = darkroom_word("estimate", "--pictures-a-day", "200", "--quality", "low", "--size", "1024x1024", "--json")
    assert json.loads(month.stdout)["a_month"].startswith("36.")
    assert darkroom_word("estimate", "x", "--size", "1920x1080").returncode == 2
    assert darkroom_word("runs", "--json").stdout == before


def test_a_photo_is_edited(darkroom_word: Terminal) -> None:
    (darkroom_word.cwd / "photo.png").write_bytes(plain(".png", 1024, 640))
    done = darkroom_word("edit", "at night", "photo.png", "--quality", "low", "--name", "night", "--partials", "1")
    assert (done.returncode, done.stdout) == (0, "night.png\n")
    assert (darkroom_word.cwd / "night0.png").exists()
    assert not (darkroom_word.cwd / "night1.png").exists()
    turned = darkroom_word("edit", "photo.png", "at night")
    assert (turned.returncode, "The prompt comes first" in turned.stderr) == (2, True)


def test_a_photo_is_edited_in_styles(darkroom_word: Terminal) -> None:
    (darkroom_word.cwd / "portrait.png").write_bytes(plain(".png", 640, 1024))
    listed = darkroom_word("styles").stdout.splitlines()
    assert len(listed) == 12
    assert listed[0].startswith("knitted")
    done = darkroom_word("edit", "portrait.png", "--styles", "knitted,watercolor", "--quality", "low", "--out", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == ["out/portrait-knitted.png", "out/portrait-watercolor.png"]
    again = darkroom_word("edit", "portrait.png", "--styles", "knitted", "--quality", "low", "--out", "out")
    assert again.stdout == "out/portrait_2-knitted.png\n"
    unknown = darkroom_word("edit", "portrait.png", "--styles", "knited")
    assert (unknown.returncode, unknown.stderr) == (2, "There is no style “knited”, or you may not use it.\n")


def test_a_picture_is_talked_about(darkroom_word: Terminal) -> None:
    (darkroom_word.cwd / "photo.png").write_bytes(plain(".png", 1024, 640))
    done = darkroom_word("thread", "start", "photo.png", "at night", "--quality", "low", "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    begun = json.loads(done.stdout)
    assert begun["files"] == ["out/turn-1.png"]
    again = darkroom_word("thread", "say", begun["thread"], "with a moon", "--out", "out")
    assert (again.returncode, again.stdout) == (0, "out/turn-2.png\n")
    branch = darkroom_word("thread", "say", begun["thread"], "in the rain", "--parent", "1", "--out", "out")
    assert branch.returncode == 0, branch.stderr
    shown = darkroom_word("thread", "show", begun["thread"]).stdout.splitlines()
    assert [line.split()[:4] for line in shown[1:]] == [
        ["1", "from", "0", "succeeded"],
        ["2", "from", "1", "succeeded"],
        ["3", "from", "1", "succeeded"],
    ]
    missing = darkroom_word("thread", "say", begun["thread"], "x", "--parent", "9")
    assert (missing.returncode, "has no turn 9" in missing.stderr) == (2, True)


def test_a_login_is_kept_for_its_owner_alone(darkroom_word: Terminal, home: Path, darkroom: Instance) -> None:
    key = darkroom_word.variables["DARKROOM_API_KEY"]
    done = darkroom_word("login", "--url", darkroom.url, "--key", key, signed_in=False)
    assert done.stdout.startswith("Signed in to Demo as “Demo”.")
    file = home / "darkroom" / "config.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = darkroom_word("runs", "--limit", "1", signed_in=False)
    assert listed.returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("generate", "[sandbox fail=moderation_blocked] x"), 1, "safety system"),
        (("generate", "x", "--size", "1920x1080"), 2, "1920x1088"),
        (("generate", "x", "--key", "dk_wrong"), 3, "API key"),
        (("generate", "x", "--url", "http://127.0.0.1:9"), 4, "cannot be reached"),
        (("generate", "x", "--url", "nonsense"), 2, "not an address"),
        (("generate", "x", "--format", "gif"), 2, "invalid choice"),
        (("download", "00000000-0000-0000-0000-000000000000"), 2, "Nothing was found"),
        (("edit", "x", "missing.png"), 2, "cannot be read"),
    ],
)
def test_how_it_ends_says_what_was_wrong(darkroom_word: Terminal, words: tuple[str, ...], code: int, said: str) -> None:
    done = darkroom_word(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert darkroom_word("runs", signed_in=False).returncode == 3


def test_a_batch_goes_on_where_it_stopped(darkroom_word: Terminal) -> None:
    rows = "prompt,name,quality\nA lamp,lamp,low\n[sandbox fail=server_error after=0] x,broken,low\nA boat,boat,low\n"
    file, results = darkroom_word.cwd / "prompts.csv", darkroom_word.cwd / "out" / "results.csv"
    file.write_text(rows)
    done = darkroom_word("batch", "prompts.csv", "--out", "out", "--concurrency", "3", "--json")
    assert (done.returncode, json.loads(done.stdout)["failed"]) == (1, 1)
    assert (darkroom_word.cwd / "out" / "boat.png").exists()
    runs = {row["row"]: row["run"] for row in csv.DictReader(results.open())}
    again = darkroom_word("batch", "prompts.csv", "--out", "out")
    assert (again.returncode, again.stdout.startswith("2 of 3 rows.")) == (1, True)
    file.write_text(rows.replace("[sandbox fail=server_error after=0] x", "A hat"))
    assert darkroom_word("batch", "prompts.csv", "--out", "out").returncode == 0
    assert [row["row"] for row in csv.DictReader(results.open())] == ["1", "2", "2", "2", "3"]
    assert len({row["run"] for row in csv.DictReader(results.open())}) == 5
    assert len(runs) == 3


def test_a_batch_is_priced_and_checked_before(darkroom_word: Terminal) -> None:
    file = darkroom_word.cwd / "prompts.csv"
    file.write_text("prompt,n,size\nA lamp,2,1024x640\nA boat,1,1920x1080\nA hat,1,1024x640\n")
    done = darkroom_word("batch", "prompts.csv", "--out", "out", "--dry-run")
    assert done.returncode == 2
    assert re.fullmatch(r"3 pictures, at most \$0\.\d+ of play money\.\n", done.stdout)
    assert done.stderr.startswith("Row 2: “1920x1080” cannot be made")
    assert not (darkroom_word.cwd / "out").exists()
    file.write_text("prompt,size,quality\nA lamp,1024x640,low\n")
    assert darkroom_word("batch", "prompts.csv", "--out", "out").returncode == 0
    told = json.loads(darkroom_word("batch", "prompts.csv", "--out", "out", "--dry-run", "--json").stdout)
    assert (told["rows"], told["done"], told["pictures"], told["upper_bound"]) == (1, 1, 0, "0")


def test_better_words_are_printed(darkroom_word: Terminal) -> None:
    done = darkroom_word("optimize", "a lamp [sandbox delay=0]")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("a lamp. ")
    assert json.loads(darkroom_word("optimize", "a lamp", "--json").stdout)["state"] == "ready"
    assert darkroom_word("optimize", " ").returncode == 2


def test_a_csv_without_prompts_is_refused(darkroom_word: Terminal) -> None:
    (darkroom_word.cwd / "bad.csv").write_text("text\nA lamp\n")
    done = darkroom_word("batch", "bad.csv")
    assert (done.returncode, "needs a column “prompt”" in done.stderr) == (2, True)


def test_runs_are_downloaded_later(darkroom_word: Terminal) -> None:
    made = json.loads(darkroom_word("generate", "A late lamp", "--json", *SMALL).stdout)
    (darkroom_word.cwd / made["files"][0]).unlink()
    done = darkroom_word("download", made["run"], "--out", "later")
    assert done.stdout == "later/a-late-lamp.png\n"
    assert made["run"] in darkroom_word("runs").stdout


def test_everything_of_a_run_comes_into_a_folder_of_its_time(darkroom_word: Terminal) -> None:
    (darkroom_word.cwd / "photo.png").write_bytes(plain(".png", 1024, 640))
    words = ("at night", "photo.png", "--quality", "low", "--partials", "--json")
    made = json.loads(darkroom_word("edit", *words).stdout)
    done = darkroom_word("download", made["run"], "--all", "--out", "kept")
    assert (done.returncode, done.stderr) == (0, "")
    folder = darkroom_word.cwd / done.stdout.strip()
    assert folder.parent == darkroom_word.cwd / "kept" / "runs"
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    assert files == [
        "1-final.png",
        "inputs/image-1-photo.png",
        "metadata.json",
        *(f"partials/1-partial-{n}.png" for n in (1, 2, 3)),
    ]
    assert (folder / "inputs" / "image-1-photo.png").read_bytes() == plain(".png", 1024, 640)
    (folder / "1-final.png").unlink()
    every = json.loads(darkroom_word("download", "--all", "--out", "kept", "--json").stdout)["runs"]
    assert {"run": made["run"], "folder": str(folder.relative_to(darkroom_word.cwd))} in every
    assert len(every) == len(list((darkroom_word.cwd / "kept" / "runs").iterdir())) > 1
    assert not (folder / "1-final.png").exists()  # complete folders are left as they are
    assert darkroom_word("download").returncode == 2


def test_what_was_used_is_told_and_play_money_apart(darkroom_word: Terminal) -> None:
    assert darkroom_word("generate", "A river", "--out", "out", *SMALL).returncode == 0
    paid, played = darkroom_word("usage"), darkroom_word("usage", "--play")
    assert (paid.returncode, played.returncode) == (0, 0)
    assert paid.stdout.splitlines()[0].split() == ["together", "0", "pictures", "$0.00"]
    assert "counted separately, as play money" in paid.stdout
    *days, together = [line.split() for line in played.stdout.splitlines()]
    assert int(together[1]) == sum(int(day[1]) for day in days) >= 1
    told = json.loads(darkroom_word("usage", "--play", "--json").stdout)
    assert (str(told["images"]), f"${told['cost']}") == (together[1], together[3])
