"""Run all checks for bin/check and report everything that is wrong, not only the first thing."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent
MANAGE = (sys.executable, str(ROOT / "manage.py"))

# As in production. Nothing connects: these commands read code only.
PRODUCTION = {
    "SECRET_KEY": "only-for-this-check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ENCRYPTION_KEYS": "b25seS1mb3ItdGhpcy1jaGVjay1ub3QtYS1zZWNyZXQ=",
    "DATABASE_URL": "postgresql://darkroom@127.0.0.1:1/darkroom",
    "ALLOWED_HOSTS": "darkroom.example",
    "PUBLIC_URL": "https://darkroom.example",
    "DATABASE_POOL_SIZE": "0",  # a pool would wait for the database, and there is none
    "DEBUG": "0",
}


def checks() -> dict[str, list[str]]:
    templates = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/**/*.html") if _is_template(path))
    return {
        "format": [_program("ruff"), "format", "--check", "."],
        "lint": [_program("ruff"), "check", "."],
        "types": [_program("mypy")],
        "templates": [_program("djade"), "--check", *templates],
        "static": [_program("biome"), "lint", "--error-on-warnings"],
        "imports": [_program("lint-imports"), "--no-logo"],
        "packages": [_program("deptry"), ".", "--no-ansi"],
        "unused": [sys.executable, "-m", "tools.unused"],
        "words": [sys.executable, "-m", "tools.words"],
        "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
        "deploy": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    }


def main() -> int:
    """Run two checks at once, the longest first: it takes as long as all others together."""
    in_order = sorted(checks().items(), key=lambda check: check[0] != "types")
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(lambda check: passes(*check), in_order))
    failed = [name for (name, _), is_well in zip(in_order, passed, strict=True) if not is_well]
    print(f"bin/check: {' and '.join(failed)} failed" if failed else "bin/check: all is well", flush=True)
    return 1 if failed else 0


def passes(name: str, command: list[str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **PRODUCTION},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "failed" if done.returncode else "ok"
    complaint = f"\n{done.stdout}" if done.returncode else ""
    print(f"{name:<12}{verdict:<8}{time.monotonic() - began:5.1f} s{complaint}", flush=True)
    return done.returncode == 0


def _program(name: str) -> str:
    return str(PROGRAMS / name)


def _is_template(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return "templates" in parts and not parts[0].startswith(".")


if __name__ == "__main__":
    sys.exit(main())
