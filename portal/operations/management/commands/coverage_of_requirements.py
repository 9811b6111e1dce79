"""``manage.py coverage_of_requirements``: which promises the tests prove.

Reads ``docs/requirements.json`` and the marks ``@pytest.mark.requirement("C-01")`` in ``tests/``; writes
``docs/requirements.md``. A promise is *open* without a test, *part* with one, *proved* when somebody judged its tests to
prove all of it (``"whole": true``); what no test shows of one that is not whole stands in ``"lacks"``.
"""

from __future__ import annotations

import ast
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

STATES = ("proved", "part", "open")


def _ids(node: ast.expr) -> Iterator[str]:
    """IDs in ``pytest.mark.requirement(…)``, alone or in a list of marks."""
    for call in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement":
            yield from (str(argument.value) for argument in call.args if isinstance(argument, ast.Constant))


def _marked(body: list[ast.stmt], prefix: str, inherited: set[str]) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets):
            inherited = inherited | set(_ids(node.value))
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        own = inherited | {name for decorator in node.decorator_list for name in _ids(decorator)}
        if isinstance(node, ast.ClassDef):
            yield from _marked(node.body, f"{prefix}{node.name}::", own)
        elif node.name.startswith("test_"):
            yield from ((name, f"{prefix}{node.name}") for name in own)


def proofs(tests: Path) -> dict[str, list[str]]:
    """Requirement ID → the tests that carry it, as pytest names them, from the source alone."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        place = path.relative_to(tests.parent).as_posix()
        for name, test in _marked(ast.parse(path.read_text(encoding="utf-8")).body, f"{place}::", set()):
            found[name].append(test)
    return {name: sorted(names) for name, names in sorted(found.items())}


def state_of(requirement: dict[str, Any], tests: list[str]) -> str:
    """``proved``, ``part`` or ``open``."""
    if not tests:
        return "open"
    return "proved" if requirement.get("whole") else "part"


def render(catalogue: dict[str, Any], found: dict[str, list[str]]) -> str:
    """The page ``docs/requirements.md``.

    Raises :class:`CommandError` for an ID on a test that no requirement has, a claim without a test or beside what it lacks.
    """
    requirements = [requirement for group in catalogue["groups"] for requirement in group["requirements"]]
    known = {requirement["id"] for requirement in requirements}
    wrong = [f"{name} on {tests[0]}: no such requirement" for name, tests in found.items() if name not in known]
    wrong += [f"{r['id']} is called whole and lacks something" for r in requirements if r.get("whole") and r.get("lacks")]
    wrong += [f"{r['id']} is called whole and has no test" for r in requirements if r.get("whole") and r["id"] not in found]
    if wrong:
        raise CommandError("\n".join(wrong))
    count = Counter(state_of(requirement, found.get(requirement["id"], [])) for requirement in requirements)
    lines = [
        "# Requirements",
        "",
        "Made by `make coverage-of-requirements` from [requirements.json](requirements.json) and the marks on the tests. Do not edit.",
        "*Proved*: its tests show the whole promise; *part*: tests show some of it; *open*: no test yet.",
        "",
        "Of {all} promises: {counts}.".format(all=len(requirements), counts=", ".join(f"{count[state]} {state}" for state in STATES)),
        "",
        "Sources: " + "; ".join(f"**{name}** {what}" for name, what in catalogue["sources"].items()) + ".",
        "Who would notice: " + ", ".join(f"{letter} {who}" for letter, who in catalogue["who"].items()) + ".",
    ]
    for group in catalogue["groups"]:
        lines += ["", f"## {group['letter']} · {group['title']}", ""]
        lines += ["| ID | promise | source | who | state | proving tests | not shown yet |", "|---|---|---|---|---|---|---|"]
        for requirement in group["requirements"]:
            tests = found.get(requirement["id"], [])
            cells = [requirement["id"], requirement["promise"], requirement.get("source", ""), requirement.get("who", "")]
            cells += [
                state_of(requirement, tests),
                "<br>".join(f"`{test.removeprefix('tests/')}`" for test in tests),
                requirement.get("lacks", ""),
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page(root: Path) -> str:
    """The page as it should be for this checkout."""
    catalogue = json.loads((root / "docs" / "requirements.json").read_text(encoding="utf-8"))
    return render(catalogue, proofs(root / "tests"))


class Command(BaseCommand):
    """See the module."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--print", action="store_true", help="print the page too")
        parser.add_argument("--check", action="store_true", help="write nothing; fail when docs/requirements.md is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        target, text = root / "docs" / "requirements.md", page(root)
        if options["check"]:
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                raise CommandError("docs/requirements.md is out of date: make coverage-of-requirements")
        else:
            target.write_text(text, encoding="utf-8")
        if options["print"]:
            self.stdout.write(text)
        self.stdout.write(next(line for line in text.splitlines() if line.startswith("Of ")))
