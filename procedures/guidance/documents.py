"""The questions of one procedure as data: what is wrong with them, and where a person's answers lead. Pure: no database, no language.

A document (``procedures/data/guidance.schema.json``)::

    {"questions": [{"name", "ask", "help", "choices": [{"value", "label", "next"}]}],
     "endings": [{"name", "kind": "papers" | "elsewhere", "title", "text", "procedure"}],
     "cases": {"<case of the papers>": <condition>}, "papers": [{"name", "case", "when"}],
     "fees": [<rule of fees>], "times": [{"note", "when"}], "prefill": [{"field", "value", "when"}]}

The first question is asked first; ``next`` names a question or an ending. Words have their English beside them (``ask_en``). Conditions
are those of ``procedures.conditions`` over the answers. A paper without a case is everybody's; every case must be decided by a condition,
so that nothing is guessed. What the document does not say stands in the law: names of papers, amounts, limits are the version's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from procedures.conditions import atoms, fields_of, holds
from procedures.fees import RULE_KEYS

Document = Mapping[str, Any]
MOST_QUESTIONS = 40
MOST_ON_A_WAY = 12
"""Questions that one person is asked: more nobody answers on a phone."""
MOST_CHOICES = 12
MOST_WORDS = 600
"""Characters of one text."""
KEYS = frozenset({"intro", "intro_en", "questions", "endings", "cases", "papers", "fees", "times", "prefill"})
QUESTION_KEYS = frozenset({"name", "ask", "ask_en", "help", "help_en", "choices"})
CHOICE_KEYS = frozenset({"value", "label", "label_en", "next"})
ENDING_KEYS = frozenset({"name", "kind", "title", "title_en", "text", "text_en", "procedure"})
ENDINGS = ("papers", "elsewhere")


@dataclass(frozen=True)
class Catalogue:
    """What the law says of the procedure on a day, as far as a document names parts of it."""

    papers: Collection[tuple[str, str]] = ()
    """Name and case of each paper."""
    fees: Collection[tuple[str, str]] = ()
    """Name and condition of each fee line."""
    limits: Collection[str] = ()
    """Notes of the time limits: the cases they hold for."""
    procedures: Collection[str] = ()
    """Codes of the procedures that an ending may lead to and that are in force."""

    @property
    def cases(self) -> list[str]:
        """The cases of the papers, in the order of the law."""
        return list(dict.fromkeys(case for _name, case in self.papers if case))


@dataclass(frozen=True)
class Walk:
    """How far a person's answers lead."""

    asked: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...] = ()
    """Each question with the choice that was made, in order."""
    question: Mapping[str, Any] | None = None
    """The next one to ask; None at an ending."""
    ending: Mapping[str, Any] | None = None

    @property
    def answers(self) -> dict[str, str]:
        """The answers that count: of questions that lie on this way."""
        return {question["name"]: choice["value"] for question, choice in self.asked}


def walk(document: Document, answers: Mapping[str, str]) -> Walk:
    """From the first question as far as the answers lead. What is no choice of a question is no answer."""
    questions = {one["name"]: one for one in document["questions"]}
    endings = {one["name"]: one for one in document["endings"]}
    place = document["questions"][0]["name"]
    asked: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    while place in questions and len(asked) <= len(questions):
        question = questions[place]
        choice = next((one for one in question["choices"] if one["value"] == answers.get(place)), None)
        if choice is None:
            return Walk(tuple(asked), question=question)
        asked.append((question, choice))
        place = choice["next"]
    return Walk(tuple(asked), ending=endings[place])


def longest_from(document: Document) -> dict[str, int]:
    """By name of a question: how many are asked at most from it on, itself included. Of a sound document."""
    questions = {one["name"]: one for one in document["questions"]}
    known: dict[str, int] = {}

    def longest(name: str) -> int:
        if name not in questions:
            return 0
        if name not in known:
            known[name] = 1 + max(longest(choice["next"]) for choice in questions[name]["choices"])
        return known[name]

    for name in questions:
        longest(name)
    return known


def wants_paper(document: Document, name: str, case: str, answers: Mapping[str, str]) -> bool:
    """Whether a paper of the version is this person's."""
    for rule in document.get("papers", ()):
        if rule["name"] == name and rule.get("case", case) == case:
            return holds(rule["when"], answers)
    return not case or holds(document.get("cases", {}).get(case, {"any": []}), answers)


def limit_note(document: Document, notes: Iterable[str], answers: Mapping[str, str]) -> str | None:
    """Of several time limits the case that is this person's; None: the first holds."""
    known = set(notes)
    return next((one["note"] for one in document.get("times", ()) if one["note"] in known and holds(one["when"], answers)), None)


def prefilled(document: Document, answers: Mapping[str, str]) -> dict[str, str]:
    """What the electronic form is begun with: field → answer."""
    found: dict[str, str] = {}
    for one in document.get("prefill", ()):
        if holds(one.get("when"), answers):
            found.setdefault(one["field"], one["value"])
    return found


# What is wrong with a document -----------------------------------------------------------------------------------------------------


@dataclass
class _Faults:
    found: list[str] = field(default_factory=list)

    def add(self, words: str) -> None:
        if words not in self.found:
            self.found.append(words)


def faults(document: Any, catalogue: Catalogue | None = None) -> list[str]:
    """What keeps a document from being published, as sentences for its author; with ``catalogue`` also what it says against the law."""
    said = _Faults()
    if not _is_shaped(document, said):
        return said.found
    _ways(document, said)
    if not said.found:
        _conditions(document, said)
        if catalogue is not None:
            _against(document, catalogue, said)
    return said.found


def _is_text(value: Any, *, required: bool = True) -> bool:
    return isinstance(value, str) and len(value) <= MOST_WORDS and (bool(value.strip()) or not required)


def _is_name(value: Any) -> bool:
    plain = isinstance(value, str) and value.isascii() and 0 < len(value) <= 40
    return plain and value.replace("-", "").replace("_", "").isalnum()


def _is_shaped(document: Any, said: _Faults) -> bool:
    """Whether it can be read at all."""
    if not isinstance(document, dict):
        said.add("Bản hướng dẫn phải là một đối tượng JSON.")
        return False
    if unknown := sorted(set(document) - KEYS):
        said.add(f"Không biết mục: {', '.join(unknown)}.")
    for name in ("questions", "endings", "papers", "fees", "times", "prefill"):
        value = document.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            said.add(f"“{name}” phải là một danh sách.")
            return False
    if not isinstance(document.get("cases", {}), dict):
        said.add("“cases” phải ghi điều kiện theo từng trường hợp.")
        return False
    if not document.get("questions"):
        said.add("Chưa có câu hỏi nào.")
    if not document.get("endings"):
        said.add("Chưa có kết quả nào.")
    if len(document.get("questions", [])) > MOST_QUESTIONS:
        said.add(f"Nhiều nhất {MOST_QUESTIONS} câu hỏi.")
    for name in ("intro", "intro_en"):
        if not _is_text(document.get(name, ""), required=False):
            said.add(f"“{name}” phải là chữ, không quá {MOST_WORDS} ký tự.")
    for question in document.get("questions", []):
        _shape_of_question(question, said)
    for ending in document.get("endings", []):
        _shape_of_ending(ending, said)
    return not said.found


def _shape_of_question(question: Mapping[str, Any], said: _Faults) -> None:
    name = question.get("name")
    if not _is_name(name):
        said.add("Có câu hỏi chưa có tên, hoặc tên không chỉ gồm chữ không dấu, số và gạch nối.")
        return
    if unknown := sorted(set(question) - QUESTION_KEYS):
        said.add(f"Câu “{name}”: không biết mục {', '.join(unknown)}.")
    if not _is_text(question.get("ask")) or not all(
        _is_text(question.get(key, ""), required=False) for key in ("ask_en", "help", "help_en")
    ):
        said.add(f"Câu “{name}”: chưa có lời hỏi, hoặc lời dài quá {MOST_WORDS} ký tự.")
    choices = question.get("choices")
    if not isinstance(choices, list) or not all(isinstance(one, dict) for one in choices) or len(choices) < 2:
        said.add(f"Câu “{name}”: phải có ít nhất hai lựa chọn.")
        return
    if len(choices) > MOST_CHOICES:
        said.add(f"Câu “{name}”: nhiều nhất {MOST_CHOICES} lựa chọn.")
    for choice in choices:
        if unknown := sorted(set(choice) - CHOICE_KEYS):
            said.add(f"Câu “{name}”: lựa chọn có mục không biết {', '.join(unknown)}.")
        if (
            not _is_name(choice.get("value"))
            or not _is_text(choice.get("label"))
            or not _is_text(choice.get("label_en", ""), required=False)
        ):
            said.add(f"Câu “{name}”: mỗi lựa chọn phải có mã và lời.")
        elif not isinstance(choice.get("next"), str) or not choice["next"]:
            said.add(f"Câu “{name}”, lựa chọn “{choice['label']}” là ngõ cụt: chưa nói đi đến đâu.")
    values = [one.get("value") for one in choices]
    if len(set(map(str, values))) != len(values):
        said.add(f"Câu “{name}”: hai lựa chọn trùng mã.")


def _shape_of_ending(ending: Mapping[str, Any], said: _Faults) -> None:
    name = ending.get("name")
    if not _is_name(name):
        said.add("Có kết quả chưa có tên.")
        return
    if unknown := sorted(set(ending) - ENDING_KEYS):
        said.add(f"Kết quả “{name}”: không biết mục {', '.join(unknown)}.")
    if ending.get("kind") not in ENDINGS:
        said.add(f"Kết quả “{name}”: phải là một trong hai loại {', '.join(ENDINGS)}.")
    if not all(_is_text(ending.get(key, ""), required=False) for key in ("title", "title_en", "text", "text_en", "procedure")):
        said.add(f"Kết quả “{name}”: lời phải là chữ, không quá {MOST_WORDS} ký tự.")
    elif ending.get("kind") == "elsewhere" and not ending.get("text"):
        said.add(f"Kết quả “{name}”: phải nói người hỏi cần làm gì.")


def _ways(document: Document, said: _Faults) -> None:
    """No name twice, no way without an end, none in a circle, nothing that nobody reaches."""
    questions, endings = document["questions"], document["endings"]
    names = [one["name"] for one in (*questions, *endings)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        said.add(f"Hai mục cùng tên “{name}”.")
    known, next_of = set(names), {one["name"]: [choice["next"] for choice in one["choices"]] for one in questions}
    for question in questions:
        for choice in question["choices"]:
            if choice["next"] not in known:
                said.add(f"Câu “{question['name']}”, lựa chọn “{choice['label']}” là ngõ cụt: không có mục “{choice['next']}”.")
    if said.found:
        return
    state: dict[str, int] = {}
    # Depth first without recursion: 1 on the way, 2 done.
    stack: list[tuple[str, Iterator[str]]] = [(questions[0]["name"], iter(next_of[questions[0]["name"]]))]
    state[questions[0]["name"]] = 1
    while stack:
        name, left = stack[-1]
        following = next(left, None)
        if following is None:
            state[name] = 2
            stack.pop()
        elif state.get(following) == 1:
            around = [one for one, _left in stack]
            said.add(f"Các câu hỏi đi vòng: {' → '.join([*around[around.index(following) :], following])}.")
            return
        elif following not in state:
            state[following] = 1
            stack.append((following, iter(next_of.get(following, ()))))
    for name in names:
        if name not in state:
            said.add(f"Không lựa chọn nào dẫn đến “{name}”.")
    if not said.found and longest_from(document)[questions[0]["name"]] > MOST_ON_A_WAY:
        said.add(f"Có đường đi hỏi hơn {MOST_ON_A_WAY} câu.")


def _conditions(document: Document, said: _Faults) -> None:
    """Conditions speak of questions and choices that there are."""
    choices = {one["name"]: {choice["value"] for choice in one["choices"]} for one in document["questions"]}
    wanted = [(f"trường hợp “{case}”", when) for case, when in document.get("cases", {}).items()]
    for rule in document.get("papers", ()):
        if not _is_text(rule.get("name")) or set(rule) - {"name", "case", "when"} or "when" not in rule:
            said.add("Mỗi mục giấy tờ phải có tên giấy tờ và điều kiện.")
        wanted.append((f"giấy tờ “{rule.get('name', '')}”", rule.get("when")))
    for rule in document.get("fees", ()):
        if not _is_text(rule.get("name")) or set(rule) - RULE_KEYS:
            said.add("Mỗi mục phí phải có tên khoản thu; có mục không biết.")
        if "times" in rule and rule["times"] not in choices:
            said.add(f"Phí “{rule.get('name', '')}”: không có câu hỏi “{rule['times']}”.")
        wanted.append((f"phí “{rule.get('name', '')}”", rule.get("when")))
    for one in document.get("times", ()):
        if not isinstance(one.get("note"), str) or set(one) - {"note", "when"} or "when" not in one:
            said.add("Mỗi mục thời hạn phải có trường hợp và điều kiện.")
        wanted.append((f"thời hạn “{one.get('note', '')}”", one.get("when")))
    for one in document.get("prefill", ()):
        if not _is_text(one.get("field")) or not _is_text(one.get("value")) or set(one) - {"field", "value", "when"}:
            said.add("Mỗi mục điền sẵn phải có ô và giá trị.")
        wanted.append((f"ô “{one.get('field', '')}”", one.get("when")))
    for place, when in wanted:
        if when is not None and not _is_condition(when):
            said.add(f"Điều kiện của {place} không đọc được.")
            continue
        for name in fields_of(when):
            if name not in choices:
                said.add(f"Điều kiện của {place} nói đến câu hỏi “{name}” không có.")
        for atom in atoms(when):
            if "in" in atom and (unknown := sorted(set(map(str, atom["in"])) - choices.get(atom["field"], set(map(str, atom["in"]))))):
                said.add(f"Điều kiện của {place}: câu “{atom['field']}” không có lựa chọn {', '.join(unknown)}.")


def _is_condition(when: Any, depth: int = 0) -> bool:
    if not isinstance(when, dict) or depth > 6:
        return False
    if set(when) == {"field", "in"}:
        return isinstance(when["field"], str) and isinstance(when["in"], list) and bool(when["in"])
    if set(when) == {"field", "filled"}:
        return isinstance(when["field"], str) and isinstance(when["filled"], bool)
    if len(when) != 1:
        return False
    name, inner = next(iter(when.items()))
    if name in ("all", "any"):
        return isinstance(inner, list) and all(_is_condition(one, depth + 1) for one in inner)
    return name == "not" and _is_condition(inner, depth + 1)


def _against(document: Document, catalogue: Catalogue, said: _Faults) -> None:
    """What the document names must stand in the version, and every case must be decided."""
    for case in catalogue.cases:
        names = {name for name, of_case in catalogue.papers if of_case == case}
        ruled = {rule["name"] for rule in document.get("papers", ()) if rule.get("case", case) == case}
        if case not in document.get("cases", {}) and not names <= ruled:
            said.add(f"Chưa nói khi nào cần giấy tờ của trường hợp “{case}”.")
    for case in document.get("cases", {}):
        if case not in catalogue.cases:
            said.add(f"Thủ tục không có trường hợp “{case}”.")
    for rule in document.get("papers", ()):
        if not any(name == rule["name"] and rule.get("case", case) == case for name, case in catalogue.papers):
            said.add(f"Thủ tục không có giấy tờ “{rule['name']}”.")
    for rule in document.get("fees", ()):
        if not any(name == rule["name"] and rule.get("condition", condition) == condition for name, condition in catalogue.fees):
            said.add(f"Thủ tục không có khoản thu “{rule['name']}”.")
    for one in document.get("times", ()):
        if one["note"] not in catalogue.limits:
            said.add(f"Thủ tục không có thời hạn riêng cho “{one['note']}”.")
    for ending in document["endings"]:
        if (code := ending.get("procedure")) and code not in catalogue.procedures:
            said.add(f"Kết quả “{ending['name']}” dẫn đến thủ tục {code} không có hiệu lực.")
