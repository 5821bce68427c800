"""What shares a running Darkroom shares a worker, or each worker starts one of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.embedded.instance import ROOT

FILES = ["studio/test_a.py", "studio/test_z.py", "storm/test_a.py", "storm/test_b.py", "storm/test_c.py"]
TESTS = "import pytest\n@pytest.mark.parametrize('number', range(6))\ndef test_it(number): pass\n"
LINE = re.compile(r"^\[(gw\d)\] .* PASSED tests/(\S+)::", re.MULTILINE)


def workers(folder: Path) -> dict[str, set[str]]:
    """Of each file, in the order in which they ended."""
    for name in FILES:
        file = folder / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\naddopts = --import-mode=importlib\n")
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "-p", "no:django", "-p", "tests.together"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    # In a temp folder of its own: pytest shuts the one that it uses to all other users, so also to a PostgreSQL in it.
    own = {**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for worker, file in LINE.findall(done.stdout):
        found.setdefault(file, set()).add(worker)
    return found


def test_a_folder_that_shares_something_is_one_workers_and_so_is_a_file(tmp_path: Path) -> None:
    found = workers(tmp_path)
    assert set(found) == set(FILES)
    assert all(len(each) == 1 for each in found.values())
    assert len(set.union(*(found[name] for name in FILES if name.startswith("storm/")))) == 1
    assert len(set.union(*found.values())) == 2
