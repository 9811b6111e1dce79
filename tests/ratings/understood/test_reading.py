"""What one comment says, by words alone: topics, moods, spans; and when something got worse, by one rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from portal.text.keys import nfc
from ratings.understood.judging import judge, macro_f1
from ratings.understood.quoting import sentences
from ratings.understood.reading import understand
from ratings.understood.rules import CHANCE, LEAST, LEAST_BEFORE, RULE, Share, chance_of, got_worse
from ratings.understood.words import MOODS, SPELLING, TOPICS, WORDS, dictionary, read

pytestmark = pytest.mark.requirement("R-09")
EXAMPLES = Path(__file__).parents[2] / "fixtures" / "opinions.csv"
BASE = Path(__file__).parents[3]


def test_the_examples_are_read_as_people_read_them() -> None:
    judged = judge(EXAMPLES)
    assert len(judged) >= 120 and {one.topic for one in judged} == {topic.value for topic in TOPICS}
    assert macro_f1([(one.topic, one.read_topic) for one in judged]) >= 0.9
    assert macro_f1([(one.mood, one.read_mood) for one in judged]) >= 0.9


def test_the_judging_command_says_both_figures_names_bad_rows_and_fails_below_the_targets(tmp_path: Path) -> None:
    def run(text: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "said.csv"
        file.write_text(text, encoding="utf-8")
        environment = {"DJANGO_SETTINGS_MODULE": "portal.settings.test", "PATH": ""}
        command = [sys.executable, "-m", "bench.understood", str(file)]
        return subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, check=False)

    well = run('text,topic,mood\n"Cán bộ nhiệt tình",attitude,good\n"Lệ phí đắt quá",Cost,negative\n')
    assert well.returncode == 0 and "macro-F1 of topics: 1.000" in well.stdout and "macro-F1 of moods: 1.000" in well.stdout
    assert run('text,topic,mood\n"Cán bộ nhiệt tình",cost,bad\n').returncode == 1
    broken = run('text,topic,mood\n"Cán bộ nhiệt tình",attitude,good\n"Đắt quá",weather,bad\n')
    assert broken.returncode == 2 and "row 3" in broken.stderr


@pytest.mark.parametrize(
    ("text", "topic", "mood"),
    [
        ("Cán bộ nhiệt tình", "attitude", "good"),
        ("Cán bộ không nhiệt tình", "attitude", "bad"),
        ("can bo rat nhiet tinh", "attitude", "good"),
        ("cb ko nhiệt tình lắm", "attitude", "bad"),
        ("Tôi không phải chờ lâu", "place", "good"),
        ("Cán bộ vui vẻ nhưng hồ sơ trễ hẹn, quá hạn", "time", "bad"),
        ("Mong trang web chạy nhanh hơn", "online", "neutral"),
        ("le phi dat qua", "cost", "bad"),
        ("chậmmmm quáaaa", "time", "bad"),
        ("", "other", "neutral"),
    ],
)
def test_negation_slang_lost_diacritics_contrast_and_wishes(text: str, topic: str, mood: str) -> None:
    found = understand(text)
    assert (found.topic, found.mood) == (topic, mood), found


PIECES = [*[word.phrase for word in dictionary().words][::7], "xyz", ".", ",", "!", "\n", "ABC", "😡", "50k"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_spans_lie_within_the_text_and_sentences_keep_every_word(parts: list[str]) -> None:
    text = " ".join(parts)
    found = understand(text)
    whole = nfc(text)
    assert found.topics and set(found.topics) <= {topic.value for topic in TOPICS} and found.mood in {mood.value for mood in MOODS}
    assert len(found.topics) == len(set(found.topics)) <= 3
    for span in found.spans:
        assert 0 <= span.start < span.end <= len(whole)
    spans = [[span.start, span.end, span.topic, span.mood] for span in found.spans]
    for topic in ("", *found.topics):
        for said in sentences(text, spans, topic=topic):
            assert "".join(piece for piece, _marked in said) in whole
            assert not found.spans or any(marked for _piece, marked in said)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_whatever_is_typed_is_read(text: str) -> None:
    assert understand(text).mood in {mood.value for mood in MOODS}


def test_the_dictionary_is_data_with_a_version_and_says_what_is_wrong_by_row(tmp_path: Path) -> None:
    known = dictionary()
    assert len(known.words) > 2000 and {word.topic for word in known.words} > {topic.value for topic in TOPICS}
    other = tmp_path / "words.csv"
    other.write_text(WORDS.read_text(encoding="utf-8") + "hoàn toàn mới,time,3,-2,\n", encoding="utf-8")
    assert read(other, SPELLING).version != known.version
    for line, words in (
        ("x,weather,1,1,", "no topic"),
        ("x,,1,1,shout", "no role"),
        ("x,time,viel,1,", "numbers"),
        ("lâu,time,1,1,", "twice"),
    ):
        other.write_text(f"phrase,topic,weight,mood,role\nlâu,time,1,-1,\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match="row 3"):
            read(other, SPELLING)
        assert words


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200), st.integers(0, 200))
def test_something_gets_worse_only_by_more_complaints_than_chance_gives(bad: int, fine: int, bad_before: int, fine_before: int) -> None:
    now, before = Share(bad, bad + fine), Share(bad_before, bad_before + fine_before)
    exact = fisher_exact([[bad, fine], [bad_before, fine_before]], alternative="greater")[1] if now.all and before.all else 1.0
    assert chance_of(now, before) == pytest.approx(exact, abs=1e-6)
    found = got_worse(now, before)
    if found is not None:
        assert bad >= LEAST and before.all >= LEAST_BEFORE and found <= CHANCE
        more = got_worse(Share(bad + 1, now.all + 1), before)
        assert more is not None, "one complaint more never mends"


def test_the_least_counts_hold() -> None:
    quiet = Share(2, 60)
    assert got_worse(Share(8, 10), quiet) is not None
    assert got_worse(Share(4, 4), quiet) is None, "fewer than five complaints say nothing, and could say who"
    assert got_worse(Share(8, 10), Share(0, 19)) is None
    assert got_worse(Share(8, 100), quiet) is None, "five points more are no change"
    assert "Fisher" in RULE
