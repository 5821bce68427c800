"""The shape of the program: which way imports point, and habits that no linter knows."""

import ast
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dramatiq
import pytest

import accounts
import billing
import saas
import studio
from saas.database.tenancy import TenantModel
from tests.support.raw_walls import tenant_models

ROOT = Path(saas.__file__).parent.parent
PACKAGES = ("saas", "accounts", "billing", "studio")
TEMPLATES = sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")])

MAY_ASK_A_TENANTS_TABLE = {
    ("accounts/views/audit.py", "AuditEntry"),  # the export goes on after its view has answered, and opens the wall
    ("studio/api/runs.py", "Slot"),  # prefetched for runs that the caller may see
    ("studio/views/events.py", "Slot"),  # prefetched for an event of the organization
}
# Help texts are HTML by Django's custom; whoever puts a value into one uses format_html.
MAY_HOLD_HTML = {("templates/components/forms/_hint.html", "|safe")}
# Each of these makes the row that it saves.
MAY_SAVE_A_WHOLE_ROW = {
    ("studio/batches/batches.py", "_insert"),
    ("accounts/connections/registry.py", "add"),
    ("accounts/limits/rules.py", "change"),
    ("accounts/models/people.py", "create_user"),
    ("billing/admin.py", "save_model"),
    ("studio/prompt/rewrite.py", "_insert"),
    ("studio/styles/edit_styles.py", "_write"),
}

# The guard itself; what names the client's errors and types, and gets the client from the guard; and the start of the
# embedded size, which asks itself whether it is ready.
MAY_NAME_A_CLIENT = {
    "saas/outbound/guarded_http.py",
    "saas/outbound/sockets.py",
    "saas/outbound/transport.py",
    "saas/outbound/check_url.py",
    "saas/outbound/fetch.py",
    "saas/cli/client.py",  # runs on its owner's own machine and goes where they send it
    "accounts/connections/probe.py",
    "studio/providers/openai_sdk.py",
    "saas/embedded/ready.py",
}


def sources(*patterns: str) -> list[Path]:
    found = [path for name in PACKAGES for pattern in patterns for path in (ROOT / name).glob(pattern)]
    return sorted(path for path in found if "migrations" not in path.parts)


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sources("**/*.py"):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    """Full names of all that a module imports, `from a import b` as a.b."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def calls(tree: ast.Module, name: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of a method of that name, with the function that they stand in."""
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                    yield outer.name, node


def test_imports_point_one_way() -> None:
    program = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_start_waits_for_no_module_that_it_does_not_need() -> None:
    """The provider's SDK and the REST API are loaded when Darkroom is ready, and Redis only where there is one."""
    program = "import sys, saas.worker, saas.asgi; print(sorted({'ninja', 'openai', 'redis'} & set(sys.modules)))"
    environment = {**os.environ, "DARKROOM_EMBEDDED": "1", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.stdout == "[]\n", ended.stderr


def test_every_module_of_saas_has_its_layer() -> None:
    """A new one is added to the first contract in pyproject.toml: with the wiring on top, or with the helpers below."""
    contracts: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layered = set(re.findall(r"saas\.\w+", " ".join(contracts[0]["layers"])))
    assert {f"saas.{module.name}" for module in pkgutil.iter_modules(saas.__path__)} == layered


def test_the_apps_are_found_where_the_contracts_look() -> None:
    assert {Path(package.__path__[0]).parent for package in (accounts, billing, saas, studio)} == {ROOT}
    assert len(sources("**/*.py")) > 80
    assert len(TEMPLATES) > 30


def test_one_module_at_most_knows_openai() -> None:
    knowing = {path for path, tree in trees() if any(name.split(".")[0] == "openai" for name in imported(tree))}
    assert len(knowing) <= 1, knowing


def test_only_what_guards_them_makes_http_clients() -> None:
    """A client made elsewhere would reach our own network for a tenant who asks it to."""
    names = re.compile(r"\b(requests|httpx2?|urllib\.request|aiohttp|urllib3|http\.client)(\.\w+)?$")
    knowing = {path for path, tree in trees() if any(names.match(name) for name in imported(tree))}
    assert knowing <= MAY_NAME_A_CLIENT


def test_views_start_from_the_organization() -> None:
    """By `request.org.…`, or, where the model is another app's than the organization, by naming it first of all; or by
    `visible_to`, which does."""
    tenants = "|".join(model.__name__ for model in tenant_models())
    asks = re.compile(
        rf"\b({tenants})\.(?:_default_manager|objects)\b(?!\.filter\(\s*org=request\.org\b|\.visible_to\()"
    )
    doors = sources("views.py", "views/*.py", "api.py", "api/*.py", "live/*.py", "gateway/*.py")
    found = {(str(path.relative_to(ROOT)), name) for path in doors for name in asks.findall(path.read_text())}
    assert found == MAY_ASK_A_TENANTS_TABLE


def test_a_row_that_exists_is_saved_by_its_changed_fields() -> None:
    def is_whole(call: ast.Call) -> bool:
        is_file = bool(call.args)  # storage.save(name, content)
        return not is_file and "update_fields" not in {keyword.arg for keyword in call.keywords}

    found = {(path, name) for path, tree in trees() for name, call in calls(tree, "save") if is_whole(call)}
    assert found == MAY_SAVE_A_WHOLE_ROW


def test_nothing_happens_by_signal() -> None:
    found = {
        (path, name)
        for path, tree in trees()
        for name in imported(tree)
        if ".signals." in f"{name}." or name.startswith("django.dispatch")
    }
    assert found == set()


def test_every_task_says_how_often_and_how_long() -> None:
    actors = dramatiq.get_broker().actors.values()
    ours = [actor for actor in actors if actor.fn.__module__.split(".")[0] in PACKAGES]
    assert len(ours) >= 2
    silent = [actor.actor_name for actor in ours if not {"max_retries", "time_limit"} <= set(actor.options)]
    assert silent == []


FORBIDDEN_IN_TEMPLATES = {
    "a script inside the page": re.compile(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>", re.IGNORECASE),
    "a style inside the page": re.compile(r"<style\b", re.IGNORECASE),
    "a style on an element": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a handler on an element": re.compile(r"\s(?:on\w+|hx-on[\w:-]*)\s*=", re.IGNORECASE),
    "a script as an address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "a file from elsewhere": re.compile(
        r"(?:src|href)\s*=\s*[\"'](?:https?:)?//[^\"']*\.(?:js|css|woff2?)", re.IGNORECASE
    ),
    "text that is not escaped": re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off"),
}


@pytest.mark.parametrize("what", FORBIDDEN_IN_TEMPLATES)
def test_no_page_holds(what: str) -> None:
    pattern = FORBIDDEN_IN_TEMPLATES[what]
    found = [(str(path.relative_to(ROOT)), hit[0]) for path in TEMPLATES for hit in pattern.finditer(path.read_text())]
    assert set(found) <= MAY_HOLD_HTML


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a script inside the page", "<script>alert(1)</script>"),
        ("a script inside the page", '<SCRIPT type="module">'),
        ("a style inside the page", "<style>"),
        ("a style on an element", '<p style="color: red">'),
        ("a handler on an element", '<p onclick="go()">'),
        ("a handler on an element", '<p hx-on::after-request="go()">'),
        ("a script as an address", '<a href="javascript:go()">'),
        ("a file from elsewhere", '<script src="https://cdn.example/x.js">'),
        ("text that is not escaped", "{{ name|safe }}"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert FORBIDDEN_IN_TEMPLATES[what].search(text)


@pytest.mark.parametrize("module", ["saas/asgi.py", "saas/worker.py"])
def test_each_way_in_refuses_a_role_that_walks_through_walls(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text())
    asked = [ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Expr)]
    assert "tenancy.refuse_bypassing_role()" in asked


def test_a_tenant_model_names_its_way_back() -> None:
    nameless = [
        model.__name__
        for model in tenant_models()
        if issubclass(model, TenantModel) and model._meta.get_field("org").remote_field.related_name in {None, "+"}
    ]
    assert nameless == []
