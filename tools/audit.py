"""Report known vulnerabilities of our packages: bin/audit. A report only: its exit status is always 0."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = "requirements-dev.txt"  # contains requirements.txt, at the same versions
MOST_SECONDS = 300
NOTHING = "bin/audit: nothing was audited"


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--progress-spinner=off", "--format=json"]
    try:
        done = subprocess.run(
            [*command, "--requirement", REQUIREMENTS],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"{NOTHING}: the advisory service took longer than {MOST_SECONDS} seconds.")
        return 0
    print(*report(done.stdout, done.stderr), sep="\n")
    return 0


def report(output: str, errors: str) -> Iterator[str]:
    """Return one line for each vulnerability and a last one that says how many packages were looked up.

    pip-audit ends well if the service knows none of the packages, as a mirror without advisories does."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except ValueError:
        reason = (errors.strip().splitlines() or ["pip-audit said nothing"])[-1]
        yield f"{NOTHING}, probably because the advisory service could not be reached ({reason})."
        return
    known = [package for package in packages if "vulns" in package]
    if not known:
        yield f"{NOTHING}: the advisory service knows none of our packages ({len(packages)})."
        return
    found = [_line(package, vulnerability) for package in known for vulnerability in package["vulns"]]
    yield from found
    yield f"bin/audit: {len(known)} of {len(packages)} packages looked up. Known vulnerabilities: {len(found)}."


def _line(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
    summary = (vulnerability["description"].strip().splitlines() or [""])[0]
    return f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}. {summary}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
