"""How a question is read, whatever is searched."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.search import Question, Words
from portal.search.phrases import ways_to_say
from portal.search.spelling import correction, one_slip_away
from portal.text import search_key

WORDS = Words.of(
    [
        ("bằng lái", "means", ["giấy phép lái xe"]),
        ("sổ đỏ", "means", ["giấy chứng nhận quyền sử dụng đất"]),
        ("mất sổ đỏ", "means", ["cấp lại giấy chứng nhận quyền sử dụng đất"]),
        ("người già", "also", ["người cao tuổi"]),
        ("ở đâu", "noise", []),
        ("làm", "noise", []),
    ]
)


def test_a_phrase_stands_for_its_meaning_and_the_longest_wins() -> None:
    read = Question.read("mất sổ đỏ ở đâu", WORDS)
    assert read.weights["lai"] > read.weights["so"]
    assert "o" not in read.weights and "dau" not in read.weights
    assert Question.read("nguoi gia", WORDS).weights["gia"] == 1.0
    assert "cao_tuoi" in Question.read("nguoi gia", WORDS).weights
    assert 0 < Question.read("làm", WORDS).weights["lam"] < 0.5


def test_texts_that_people_wrote_are_asked_for_by_their_own_words_first() -> None:
    rows = [("bằng lái", "means", ["giấy phép lái xe"]), ("ở đâu", "noise", [])]
    own, names = Question.read("bằng lái ở đâu", Words.of(rows, own=1.0)), Question.read("bằng lái ở đâu", Words.of(rows))
    assert own.weights["bang"] == own.weights["bang_lai"] == 1.0 > own.weights["giay_phep"] > names.weights["bang_lai"]
    assert own.weights["giay_phep"] == names.weights["giay_phep"] and "dau" not in own.weights
    assert names.settled and not own.settled, "what an agency calls it is no answer in full"


def test_a_phrase_is_known_in_another_order_and_with_words_between() -> None:
    asked = Question.read("sổ đỏ nhà tôi bị mất", WORDS).weights
    assert 0 < asked["cap_lai"] < Question.read("mất sổ đỏ", WORDS).weights["cap_lai"]
    closer = Question.read("sổ đỏ bị mất", WORDS).weights
    assert closer["cap_lai"] > asked["cap_lai"]
    far = Question.read("sổ đỏ của ông bà nội tôi để lại nay không còn vì mất", WORDS).weights
    assert "cap_lai" not in far
    # What is said by a longer phrase is not said again by one that lies in it.
    assert Question.read("bằng của tôi là bằng lái", WORDS).weights["giay_phep"] == Question.read("bằng lái", WORDS).weights["giay_phep"]


@given(st.permutations(["mất", "sổ", "đỏ"]), st.lists(st.sampled_from(["nhà", "tôi", "của"]), max_size=3), st.integers(0, 3))
def test_a_phrase_is_found_whole_wherever_it_stands(order: list[str], between: list[str], place: int) -> None:
    said = [*order[:place], *between, *order[place:]]
    assert Question.read(" ".join(said), WORDS).weights["cap_lai"] >= 0.5 * (1 - 0.1 * len(between)) * (3 / 9) ** 0.25 - 1e-9


@given(
    st.lists(st.lists(st.text("abc ", max_size=3), min_size=1, max_size=4), min_size=1, max_size=3),
    st.text("xy ", min_size=1).filter(str.strip),
)
def test_a_choice_is_as_many_phrases_as_its_alternatives_give(choices: list[list[str]], fixed: str) -> None:
    phrase = fixed + " ".join(f"({'|'.join(choice)})" for choice in choices)
    said = ways_to_say(phrase)
    wanted = {" ".join(f"{fixed}{' '.join(chosen)}".split()) for chosen in itertools.product(*choices)}
    assert set(said) == wanted and len(said) == len(set(said))


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_diacritics_and_capitals_change_nothing(text: str) -> None:
    plain = search_key(text)
    assert Question.read(text, WORDS).weights == Question.read(plain, WORDS).weights == Question.read(plain.upper(), WORDS).weights


def test_a_slip_of_the_finger_is_put_right_by_its_neighbours() -> None:
    known = {"khai": 50, "thai": 500, "sinh": 80, "dang": 90, "ky": 90}
    assert correction("khsi", known) == "khai"
    assert correction("ksai", {**known, "sai": 3}, "", "sinh", {"khai_sinh": 1}) == "khai"
    assert correction("sinhf", known) == "sinh"
    assert correction("dangg", known) == "dang"
    # What could be a word is put right only where a neighbour goes with the candidate.
    assert correction("gat", {"dat": 900, "gap": 3}) == ""
    assert correction("sinb", known) == "sinh" and correction("thoi", known, "", "sinh", {"thai_sinh": 1}) == "thai"
    assert correction("x9", known) == correction("zzzzz", known) == ""


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=3000))
def test_no_word_however_long_makes_more_than_some_hundred_slips(word: str) -> None:
    assert len(one_slip_away(word)) <= 600
    assert correction(word, {}) == ""
