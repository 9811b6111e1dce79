"""One form out of the forms of its parts, and each part's answers out of one person's. Pure functions.

How parts hang together is data (``dossiers/data/interlinked/<code>.json``), by part:

``set``    questions that filing together answers: field → answer
``same``   questions that an earlier part has asked already: field → ``<procedure>/<field>``
``leave``  questions that nobody can answer before an earlier part has its result: left to the agency
``after``  the part whose result it waits for
``place``  the question that names the commune whose agency it goes to; without one it goes to the agency of the first part's place
``case``   the case in whose words the interlinked procedure wants a paper of this part

What a source of the person's data answers in two parts (``prefill``) is asked once without being named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dossiers.form_documents import Compiled
from dossiers.terms import RequiredPaper
from procedures.conditions import holds

KIND = "P{number}-{kind}"
"""Kind under which a composed form asks for a paper of a part's own."""
OWN = "LT-"
"""Before the kind of a paper that the interlinked procedure wants and its part does not know."""
_RULE_FIELDS = ("child", "birth_date", "field", "with", "equals")
_RULE_LISTS = ("same", "of", "fields")
_CONDITIONS = ("when", "required_when", "prefill_when")


@dataclass(frozen=True)
class Source:
    """One part as it stands today: its form, the papers of its law, codes of its results."""

    procedure: str
    number: int
    form: Compiled
    pages: Sequence[Mapping[str, Any]]
    papers: Sequence[RequiredPaper]
    results: Sequence[str] = ()
    payment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One part of a composed form, as its document keeps it."""

    procedure: str
    number: int
    """Number of the form version that its answers are for."""
    title: str
    prefix: str
    names: Mapping[str, str]
    """Field of the part → field of the composed form that answers it."""
    set: Mapping[str, str]
    leave: Sequence[str] = ()
    papers: Mapping[str, str] = field(default_factory=dict)
    """Kind of the composed form → kind of the part."""
    after: str = ""
    place: str = ""

    def answers(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        """The part's answers out of those to the composed form; rows of groups with their own names again."""
        found: dict[str, Any] = dict(self.set)
        for name, source in self.names.items():
            if source in typed:
                found[name] = self._plain(typed[source])
        return found

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            return [{name.removeprefix(self.prefix): said for name, said in row.items()} for row in value]
        return value


def parts_in(document: Mapping[str, Any] | None) -> list[Part]:
    """The parts of a composed form; none where it is a form of its own."""
    return [Part(**{key: value for key, value in part.items() if key != "title_en"}) for part in (document or {}).get("parts", ())]


class Misfit(ValueError):
    """The parts cannot be filed as one as their file says; a sentence for whoever wrote it."""


def compose(spec: Mapping[str, Any], sources: Sequence[Source], own: Sequence[RequiredPaper]) -> dict[str, Any]:
    """The document of the composed form (`dossiers.form_documents`). ``own``: papers that the interlinked procedure itself wants.

    :class:`Misfit` where a file names what a part does not have.
    """
    made = _Made(own)
    for number, (part, source) in enumerate(zip(spec["parts"], sources, strict=True), 1):
        made.add(number, part, source)
    whole: dict[str, Any] = {"pages": made.pages, "fields": made.fields, "papers": made.papers, "charges": [], "parts": made.parts}
    payments = [dict(source.payment) for source in sources if source.payment]
    if len(payments) == 1:
        whole["payment"] = payments[0]
    return whole


class _Made:
    """A composed form in the making."""

    def __init__(self, own: Sequence[RequiredPaper]) -> None:
        self.own = list(own)
        self.pages: list[dict[str, Any]] = []
        self.fields: list[dict[str, Any]] = []
        self.papers: list[dict[str, Any]] = []
        self.parts: list[dict[str, Any]] = []
        self.results: set[str] = set()
        self.by_fact: dict[tuple[str, str], str] = {}
        self.specs: dict[str, Mapping[str, Any]] = {}

    def add(self, number: int, part: Mapping[str, Any], source: Source) -> None:
        prefix = f"p{number}_"
        there = {spec["name"]: spec for spec in source.form.fields}
        named = {*part.get("set", {}), *part.get("same", {}), *part.get("leave", ())}
        if strange := sorted(named - set(there)):
            raise Misfit(f"{source.procedure}: biểu mẫu không có câu {', '.join(strange)}.")
        constants: dict[str, str] = {**part.get("set", {}), **dict.fromkeys(part.get("leave", ()), "")}
        names: dict[str, str] = {}
        pages = self._pages(number, part, source)
        for name, spec in there.items():
            if name in constants:
                continue
            when = _known(spec.get("when"), names, constants)
            if when is False:
                constants[name] = ""
                continue
            shared = self._shared(part, spec, when)
            names[name] = shared or prefix + name
            if shared:
                continue
            field_made = _renamed(spec, prefix, names, constants, when)
            field_made["page"] = pages[spec.get("page", "")]
            if "prefill" in spec and "prefill_when" not in field_made and when is None:
                self.by_fact.setdefault((spec["prefill"], spec["kind"]), names[name])
            self.fields.append(field_made)
            self.specs[names[name]] = field_made
        used = {spec["page"] for spec in self.fields}
        self.pages = [page for page in self.pages if page["name"] in used]
        self.parts.append(
            {
                "procedure": source.procedure,
                "number": source.number,
                "title": part["title"],
                **({"title_en": part["title_en"]} if "title_en" in part else {}),
                "prefix": prefix,
                "names": names,
                "set": dict(part.get("set", {})),
                "leave": sorted(name for name in part.get("leave", ())),
                "papers": self._papers(number, part, source, names, constants),
                "after": part.get("after", ""),
                "place": part.get("place", ""),
            }
        )
        self.results |= set(source.results)

    def _pages(self, number: int, part: Mapping[str, Any], source: Source) -> dict[str, str]:
        """Page of the part → page of the composed form, which bears the part's name."""
        found = {}
        for page in source.pages or [{"name": "", "title": ""}]:
            name = found[page["name"]] = f"p{number}-{page['name']}".rstrip("-")
            made = {"name": name, "title": ": ".join(filter(None, (part["title"], page["title"])))}
            if "title_en" in part and (page.get("title_en") or not page["title"]):
                made["title_en"] = ": ".join(filter(None, (part["title_en"], page.get("title_en", ""))))
            self.pages.append(made)
        return found

    def _shared(self, part: Mapping[str, Any], spec: Mapping[str, Any], when: Any) -> str:
        """The field that has asked this already; empty: it is asked here."""
        said = part.get("same", {}).get(spec["name"])
        if said is not None:
            procedure, _slash, name = said.partition("/")
            earlier = next((one for one in self.parts if one["procedure"] == procedure), None)
            found = str(earlier["names"].get(name, "")) if earlier is not None else ""
            if not found or not _answers(self.specs[found], spec):
                raise Misfit(f"{part['procedure']}: câu {spec['name']} không lấy được từ {said}.")
            return found
        if "prefill" in spec and "prefill_when" not in spec and when is None:
            return self.by_fact.get((spec["prefill"], spec["kind"]), "")
        return ""

    def _papers(
        self, number: int, part: Mapping[str, Any], source: Source, names: Mapping[str, str], constants: Mapping[str, str]
    ) -> dict[str, str]:
        """Which papers of the composed form are this part's; those of the part alone are added to the form."""
        found: dict[str, str] = {}
        rules = source.form.papers
        taken = {kind for one in self.parts for kind in one["papers"]}
        for paper in self.own:
            mine = next(
                (one for one in source.papers if (one.shared and one.kind == paper.kind) or (one.case and one.case == paper.case)), None
            )
            if paper.kind in taken or not (mine is not None or (paper.case and paper.case == part.get("case"))):
                continue
            found[paper.kind] = mine.kind if mine is not None else f"{OWN}{paper.kind}"[:60]
        for paper in (*source.papers, *_form_papers(rules)):
            if paper.kind in found.values() or (paper.replaced_by in self.results and paper.replaced_by):
                continue
            rule = next(
                (one for one in rules if one.get("kind", paper.kind) == paper.kind and one.get("case", paper.case) == paper.case), None
            )
            when = _known((rule or {}).get("when"), names, constants) if rule is not None else None
            if when is False or (rule is None and not paper.required):
                continue
            kind = KIND.format(number=number, kind=paper.kind)[:60]
            told = ": ".join(filter(None, (paper.case, paper.note)))
            needed = bool(rule.get("required", True)) if rule is not None else paper.required
            made = {"kind": kind, "label": paper.label, "required": needed, **({"help": told} if told else {})}
            self.papers.append({**made, **({"when": when} if when is not None else {})})
            found[kind] = paper.kind
        for paper in self.own:
            # The catalogue's own paper under the condition of the part's form.
            rule = next(
                (one for one in rules if found.get(paper.kind) == one.get("kind") or (paper.case and paper.case == one.get("case"))), None
            )
            if paper.kind not in found or rule is None or "label" in rule:
                continue
            when = _known(rule["when"], names, constants)
            if isinstance(when, Mapping):
                self.papers.append({"kind": paper.kind, "when": when, "required": rule.get("required", True)})
        return found


def _form_papers(rules: Iterable[Mapping[str, Any]]) -> list[RequiredPaper]:
    return [
        RequiredPaper(one["kind"], one["label"], one.get("help", ""), required=bool(one.get("required"))) for one in rules if "label" in one
    ]


def _answers(asked: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Whether what is answered to one question answers another: of one kind, and no choice that the other does not have."""
    values = {pair[0] for pair in spec.get("choices", ())}
    return asked["kind"] == spec["kind"] and {pair[0] for pair in asked.get("choices", ())} <= values


def _known(condition: Any, names: Mapping[str, str], constants: Mapping[str, str]) -> Any:
    """A condition in the composed form's names; None where it always holds, False where it never does."""
    if condition is None:
        return None
    if "field" in condition:
        if condition["field"] in constants:
            return None if holds(condition, constants) else False
        return {**condition, "field": names[condition["field"]]}
    if "fact" in condition:
        return condition
    if "not" in condition:
        inner = _known(condition["not"], names, constants)
        return False if inner is None else None if inner is False else {"not": inner}
    key = "all" if "all" in condition else "any"
    parts = [_known(one, names, constants) for one in condition[key]]
    # Of "all" what always holds says nothing and one that never does decides; of "any" the other way round.
    says_nothing, decides = (None, False) if key == "all" else (False, None)
    if any(one is decides for one in parts):
        return decides
    left = [one for one in parts if one is not says_nothing]
    if not left:
        return says_nothing
    return left[0] if len(left) == 1 else {key: left}


def _renamed(spec: Mapping[str, Any], prefix: str, names: Mapping[str, str], constants: Mapping[str, str], when: Any) -> dict[str, Any]:
    """A field under its name in the composed form, and what it says of others likewise."""
    inner = {one["name"]: prefix + one["name"] for one in spec.get("fields", ())}
    # Rules may look at fields further on, which get their own name.
    called = {**names, **inner}

    def of(name: str) -> str:
        return called.get(name, prefix + name)

    made = {**spec, "name": prefix + spec["name"]}
    made.pop("when", None)
    if when is not None:
        made["when"] = when
    for key in _CONDITIONS[1:]:
        if key in made and (found := _known(made.pop(key), called, constants)) is not None:
            made[key] = found
    if "prefill_when" in spec and "prefill_when" in made and made["prefill_when"] is False:
        made.pop("prefill", None)
        made.pop("prefill_when")
    if "required_when" in spec and "required_when" not in made:
        made["required"] = True
    elif made.get("required_when") is False:
        made.pop("required_when")
    if "choices_when" in made:
        limits = {value: _known(one, called, constants) for value, one in made["choices_when"].items()}
        made["choices"] = [pair for pair in made["choices"] if limits.get(pair[0]) is not False]
        left = {value: one for value, one in limits.items() if one not in (None, False)}
        made.pop("choices_when")
        made |= {"choices_when": left} if left else {}
    if "province_field" in made:
        made["province_field"] = of(made["province_field"])
    if "required_with" in made:
        made["required_with"] = [of(name) for name in made["required_with"] if name not in constants]
    if "value" in made:
        made["value"] = _expression(made["value"], of)
    if "rules" in made:
        made["rules"] = [_rule(one, of) for one in made["rules"] if one["rule"] != "once"]
    if "fields" in made:
        made["fields"] = [_inner(one, prefix, called, constants) for one in made["fields"]]
        made.pop("section", None)
    return made


def _inner(spec: Mapping[str, Any], prefix: str, called: Mapping[str, str], constants: Mapping[str, str]) -> dict[str, Any]:
    made = _renamed(spec, prefix, called, constants, _known(spec.get("when"), called, constants))
    made.pop("page", None)
    return made


def _rule(rule: Mapping[str, Any], of: Any) -> dict[str, Any]:
    named = {key: of(rule[key]) for key in _RULE_FIELDS if key in rule}
    return {**rule, **named, **{key: [of(name) for name in rule[key]] for key in _RULE_LISTS if key in rule}}


def _expression(value: Mapping[str, Any], of: Any) -> dict[str, Any]:
    """A calculated value in other names (`dossiers.calculated`)."""
    made: dict[str, Any] = {}
    for key, said in value.items():
        if key == "with":
            made[key] = said
        elif isinstance(said, str):
            made[key] = of(said)
        else:
            made[key] = [of(one) if isinstance(one, str) else one for one in said]
    return made
