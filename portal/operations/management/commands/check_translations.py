"""``manage.py check_translations``: nothing on screen falls back to another language.

Vietnamese is the source language of our own texts, so for it only the installed packages are looked into: what their Vietnamese
catalogues lack must stand in ``portal/locale/vi``. Where an English catalogue of ours exists, every text of ours must stand in it.
``--compile`` writes the ``.mo`` files (no gettext tools needed) after the check.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import allauth
import django
import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

DJANGO = Path(django.__file__).parent
ALLAUTH = Path(allauth.__file__).parent

CATALOGUES: dict[str, tuple[Path, ...]] = {
    "django": (
        *(DJANGO / folder for folder in ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/sessions")),
        ALLAUTH,
    ),
    "djangojs": (DJANGO / "contrib/admin",),
}

EXCLUDED: dict[str, str] = {
    "conf/global_settings.py": "names of languages in which the portal does not speak",
    "views/templates/": "Django's welcome page: our addresses are always set",
    "views/static.py": "files of the development server only",
    "contrib/admin/templates/admin/auth/": "users are not edited on the desk",
    "contrib/admin/templates/registration/": "nobody sets a password on the desk",
    "templates/": "pages of allauth: none has an address here, `accounts` brings its own",
    "account/admin.py": "allauth's own admin lists: nobody has a permission on them",
    "account/apps.py": "as above",
    "account/models.py": "as above",
    "socialaccount/": "not installed",
    "idp/": "not installed",
    "usersessions/": "not installed",
    "headless/": "not installed",
}
"""Beginnings of source paths whose texts nobody here can see, each with the reason."""

REWORDED: dict[str, str] = {
    "History": "Django's own word is one for a memo",
    "Add": 'Django says "add into"',
    "Add %(name)s": "as above",
    " By %(filter_title)s ": "Django's own word is one for the doer of an act",
    "None available": "Django says that it is not in stock",
}
"""Texts that a package does say in Vietnamese, but so that nobody would understand them here, each with the reason."""

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
_CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext"}
_IN_TEMPLATE = re.compile(r"\b(n?p?gettext|_)\(")


def _key(entry: polib.POEntry) -> tuple[str, str]:
    return entry.msgctxt or "", entry.msgid


def places(entry: polib.POEntry) -> list[str]:
    """The source files in which a package uses a text."""
    return sorted({path for path, _line in entry.occurrences})


def _is_seen(entry: polib.POEntry) -> bool:
    used = places(entry)
    return not used or any(not place.startswith(tuple(EXCLUDED)) for place in used)


def wanted(domain: str) -> list[polib.POEntry]:
    """The texts of installed packages that can be seen here and that the packages do not say in Vietnamese."""
    found: dict[tuple[str, str], polib.POEntry] = {}
    for package in CATALOGUES[domain]:
        own = package / "locale" / "vi" / "LC_MESSAGES" / f"{domain}.po"
        # A text said without its plural is not found where a template counts.
        said = {(_key(entry), entry.msgid_plural) for entry in polib.pofile(str(own)) if entry.translated()} if own.exists() else set()
        for entry in polib.pofile(str(package / "locale" / "en" / "LC_MESSAGES" / f"{domain}.po")):
            unsaid = (_key(entry), entry.msgid_plural) not in said or entry.msgid in REWORDED
            if unsaid and not entry.obsolete and _is_seen(entry):
                found.setdefault(_key(entry), entry)
    return list(found.values())


def faults(wanted_entries: Iterable[polib.POEntry], ours: polib.POFile) -> Iterator[str]:
    """What is wrong with a catalogue of ours: texts missing, not needed any more, or with other placeholders than their source."""
    said = {_key(entry): entry for entry in ours if entry.translated()}
    needed = {_key(entry) for entry in wanted_entries}
    yield from (f"missing: {msgid!r}" for _context, msgid in sorted(needed - said.keys()))
    yield from (f"not needed any more: {msgid!r}" for _context, msgid in sorted(said.keys() - needed))
    for entry in said.values():
        for text in [entry.msgstr] if not entry.msgid_plural else entry.msgstr_plural.values():
            sources = {frozenset(_PLACEHOLDER.findall(source)) for source in (entry.msgid, entry.msgid_plural or entry.msgid)}
            if frozenset(_PLACEHOLDER.findall(text)) not in sources:
                yield f"placeholders differ: {entry.msgid!r}"


def is_compiled(po: polib.POFile, mo: Path) -> bool:
    """Whether the ``.mo`` beside a catalogue says the same."""

    def content(entries: Iterable[Any]) -> dict[tuple[str, str], Any]:
        return {_key(entry): entry.msgstr_plural or entry.msgstr for entry in entries if entry.msgstr or entry.msgstr_plural}

    return mo.exists() and content(polib.mofile(str(mo))) == content(po)


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Our own texts, (file, text), marked for translation in Python and in templates."""
    folders = ("portal", "accounts", "procedures", "dossiers", "payments", "feedback", "ratings", "helpdesk")
    for path in sorted(file for folder in folders for file in (root / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in _CALLS:
                    yield from ((str(path.relative_to(root)), text) for text in _texts(name, node.args))
    for path in sorted((root / "templates").rglob("*.*")):
        if path.suffix not in {".html", ".txt", ".xml"}:
            continue
        text_of_template = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for call in _IN_TEMPLATE.finditer(text_of_template):
            yield from ((str(path.relative_to(root)), text) for text in _texts(call[1], _arguments(text_of_template, call.end())))


def counting(root: Path) -> Iterator[tuple[str, str]]:
    """Texts of our templates that count: looked up with their plural, they are not found without it."""
    for path in sorted((root / "templates").rglob("*.html")):
        source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for call in _IN_TEMPLATE.finditer(source):
            if call[1].startswith(("n", "np")):
                yield from ((str(path.relative_to(root)), text) for text in _texts(call[1], _arguments(source, call.end())))


def _arguments(source: str, start: int) -> list[ast.expr]:
    """The arguments of a call that begin at ``start``: up to the first bracket with which they read as Python (texts hold brackets too)."""
    end = source.find(")", start)
    while end != -1:
        try:
            values = ast.parse(f"[{source[start:end]}]", mode="eval").body
        except SyntaxError:
            end = source.find(")", end + 1)
            continue
        return values.elts if isinstance(values, ast.List) else []
    return []


def _texts(name: str, arguments: list[ast.expr]) -> list[str]:
    first = 1 if name.lstrip("n").startswith("pgettext") else 0
    argument = arguments[first] if len(arguments) > first else None
    return [argument.value] if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else []


class Command(BaseCommand):
    """See the module."""

    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--compile", action="store_true", help="write the .mo files")

    def handle(self, *args: Any, **options: Any) -> None:
        locale = Path(settings.LOCALE_PATHS[0])
        found: list[str] = []
        for domain in CATALOGUES:
            path = locale / "vi" / "LC_MESSAGES" / f"{domain}.po"
            found += [f"vi {domain}: {fault}" for fault in faults(wanted(domain), polib.pofile(str(path)))]
        english = locale / "en" / "LC_MESSAGES" / "django.po"
        if english.exists():
            said = {entry.msgid for entry in polib.pofile(str(english)) if entry.translated()}
            found += [f"en: {file}: {text!r}" for file, text in sources(Path(settings.BASE_DIR)) if text not in said]
            counted = {entry.msgid for entry in polib.pofile(str(english)) if entry.msgid_plural}
            alone = ((file, text) for file, text in counting(Path(settings.BASE_DIR)) if text not in counted)
            found += [f"en, without its plural: {file}: {text!r}" for file, text in alone]
        for path in sorted(locale.rglob("*.po")):
            catalogue = polib.pofile(str(path))
            if options["compile"]:
                catalogue.save_as_mofile(str(path.with_suffix(".mo")))
            elif not is_compiled(catalogue, path.with_suffix(".mo")):
                found.append(f"{path.parent.parent.name} {path.name}: compile it (manage.py check_translations --compile)")
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("translations: complete")
