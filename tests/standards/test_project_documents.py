"""What the project writes about itself is true: requirements, law, glossary, translations."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path
from typing import Any

import polib
import pytest
from django.core.management.base import CommandError
from django.utils import translation

from portal.operations.management.commands import check_translations, coverage_of_requirements

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_requirements_is_up_to_date_and_every_mark_names_a_promise() -> None:
    written = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    assert written == coverage_of_requirements.page(ROOT), "run `make coverage-of-requirements`"


def test_every_requirement_stands_once() -> None:
    catalogue = json.loads((ROOT / "docs" / "requirements.json").read_text(encoding="utf-8"))
    names = [requirement["id"] for group in catalogue["groups"] for requirement in group["requirements"]]
    assert len(names) == len(set(names)) == 181
    assert all(name.startswith(group["letter"]) for group in catalogue["groups"] for name in [r["id"] for r in group["requirements"]])


def small(**more: Any) -> dict[str, Any]:
    """A catalogue of one requirement."""
    return {
        "sources": {},
        "who": {},
        "groups": [{"letter": "X", "title": "Test", "requirements": [{"id": "X-01", "promise": "p", **more}]}],
    }


def test_marks_are_found_on_functions_classes_and_modules(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_one.py").write_text(
        "import pytest\npytestmark = [pytest.mark.django_db, pytest.mark.requirement('X-01')]\n"
        "def test_a(): ...\n"
        "def helper(): ...\n"
        "@pytest.mark.requirement('X-02', 'X-03')\nclass TestB:\n    @pytest.mark.requirement('X-04')\n    async def test_b(self): ...\n"
    )
    path = "tests/test_one.py"
    assert coverage_of_requirements.proofs(tests) == {
        "X-01": [f"{path}::TestB::test_b", f"{path}::test_a"],
        "X-02": [f"{path}::TestB::test_b"],
        "X-03": [f"{path}::TestB::test_b"],
        "X-04": [f"{path}::TestB::test_b"],
    }


def test_states_follow_tests_and_judgement() -> None:
    proof = {"X-01": ["tests/test_one.py::test_a"]}
    assert "| open |" in coverage_of_requirements.render(small(), {})
    assert "| half of it |" in coverage_of_requirements.render(small(lacks="half of it"), proof)
    with pytest.raises(CommandError):
        coverage_of_requirements.render(small(whole=True, lacks="half of it"), proof)
    assert "| part | `test_one.py::test_a` |" in coverage_of_requirements.render(small(), proof)
    assert "| proved | `test_one.py::test_a` |" in coverage_of_requirements.render(small(whole=True), proof)
    with pytest.raises(CommandError, match="X-01 is called whole"):
        coverage_of_requirements.render(small(whole=True), {})
    with pytest.raises(CommandError, match=r"X-09 on tests/a\.py::test"):
        coverage_of_requirements.render(small(), {"X-09": ["tests/a.py::test"]})


def _resolve(dotted: str) -> object:
    """The object behind ``package.module.Class.attribute``; AttributeError or ModuleNotFoundError where there is none."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            found = getattr(found, name)
        return found
    raise ModuleNotFoundError(dotted)


def _tests_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", ["law", "security"])
def test_the_pages_of_law_and_security_name_code_and_tests_that_exist(page: str) -> None:
    names = re.findall(r"`([^`]+)`", (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"))
    assert len(names) > 40
    for name in names:
        if name.startswith(("portal.", "accounts.", "dossiers.", "procedures.", "payments.", "feedback.", "ratings.")):
            _resolve(name)
        elif "::" in name:
            # A test may stand in a class: its own name is the last.
            file, *_classes, test = name.split("::")
            assert test in _tests_of(ROOT / file), name
        elif "/" in name:
            assert (ROOT / name).exists(), name


def test_the_glossary_names_code_that_exists() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    names = {name for row in re.findall(r"^\| [^|]+ \| ([^|]+) \|", text, re.M) for name in re.findall(r"`([\w.]+)`", row)}
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for app in ("portal", "accounts", "procedures", "payments", "dossiers", "feedback", "ratings", "helpdesk")
        for path in (ROOT / app).rglob("*.py")
    )
    words = set(re.findall(r"\w+", sources))
    assert len(names) > 40
    assert {name for name in names if name.split(".")[-1] not in words} == set()


@pytest.mark.parametrize("domain", sorted(check_translations.CATALOGUES))
def test_nothing_of_the_installed_packages_shows_in_another_language(domain: str) -> None:
    path = ROOT / "portal" / "locale" / "vi" / "LC_MESSAGES" / f"{domain}.po"
    catalogue = polib.pofile(str(path))
    assert list(check_translations.faults(check_translations.wanted(domain), catalogue)) == []
    assert check_translations.is_compiled(catalogue, path.with_suffix(".mo"))


@pytest.mark.requirement("C-22")
def test_every_text_of_ours_stands_in_the_english_catalogue() -> None:
    ours = polib.pofile(str(ROOT / "portal" / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    said = {entry.msgid for entry in ours if entry.translated()}
    assert [(file, text) for file, text in check_translations.sources(ROOT) if text not in said] == []
    assert check_translations.is_compiled(ours, ROOT / "portal" / "locale" / "en" / "LC_MESSAGES" / "django.mo")


def test_the_shipped_translations_are_used() -> None:
    with translation.override("vi"):
        assert translation.gettext("Toggle navigation") == "Đóng mở thanh điều hướng"
        assert translation.ngettext("%(num)d day", "%(num)d days", 3) == "%(num)d ngày"
        assert translation.gettext("Incorrect code.") == "Mã không đúng."


def test_a_gap_a_leftover_and_a_lost_placeholder_are_found() -> None:
    wanted = [polib.POEntry(msgid="Add %(name)s"), polib.POEntry(msgid="Gone")]
    ours = polib.POFile()
    ours.append(polib.POEntry(msgid="Add %(name)s", msgstr="Thêm %(ten)s"))
    ours.append(polib.POEntry(msgid="Old", msgstr="Cũ"))
    assert list(check_translations.faults(wanted, ours)) == [
        "missing: 'Gone'",
        "not needed any more: 'Old'",
        "placeholders differ: 'Add %(name)s'",
    ]


def test_our_own_texts_are_found_in_code_and_templates(tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "accounts" / "views.py").write_text(
        "a = _('Một')\nb = pgettext('ngữ cảnh', 'Hai')\nc = ngettext('Ba', 'Ba', 1)\nd = f('Không')\n"
    )
    (tmp_path / "templates" / "a.html").write_text(
        '{% load i18n %}<p>{% translate "Bốn" %}</p>{% blocktranslate with x=y %}Năm {{ x }}{% endblocktranslate %}'
        "{% blocktranslate trimmed %}\n  Sáu\n  bảy\n{% endblocktranslate %}"
    )
    assert [text for _file, text in check_translations.sources(tmp_path)] == ["Một", "Hai", "Ba", "Bốn", "Năm %(x)s", "Sáu bảy"]
