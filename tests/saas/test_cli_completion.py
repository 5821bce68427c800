"""What a shell completes."""

import shutil
import subprocess

import pytest

from saas.cli.completion import SHELLS, commands_of, script
from saas.cli.main import main, parser


def completed(*words: str) -> list[str]:
    typed = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _darkroom; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    text = f"{script(parser(), 'bash')}\n{asked}"
    done = subprocess.run(["/bin/bash", "-c", text], capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_options_and_choices_are_completed() -> None:
    assert completed("darkroom", "do") == ["download"]
    assert completed("darkroom", "e") == ["edit", "estimate"]
    assert completed("darkroom", "batch", "--d") == ["--dry-run"]
    assert completed("darkroom", "generate", "--format", "") == ["png", "jpeg", "webp"]
    assert "--partials" in completed("darkroom", "edit", "--")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_every_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert text == script(parser(), shell)
    for command in commands_of(parser()):
        assert command in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, timeout=30, check=True)
