"""What one comment says: its topics, its mood, and the words that say so. Pure functions of a text and a dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.text.keys import nfc, search_key
from portal.text.tones import place_tone_marks
from ratings.understood.words import Dictionary, Mood, Topic, Word, dictionary

LEAST_TOPIC = 1.2
"""Less than this says nothing of a topic."""
SECOND = 0.6
"""A further topic is one that has at least so much of the first one's weight."""
MOST_TOPICS = 3
PLAIN_BELOW = 0.12
"""A text in which fewer of the words than this carry diacritics was written without them."""
CLEAR = 2.0
REACH = 3
"""A negation, an intensifier or a wish reaches so many words ahead of what it changes."""
VERY, LESS, AFTER_BUT, BEFORE_BUT, COMPLAINT, NOT_GOOD, NOT_BAD, WISHED = 1.5, 0.6, 1.6, 0.6, 1.15, -0.9, -0.6, -0.2
_TOKEN = re.compile(r"\w+|[.!?;…\n]+|[,:()\-–]", re.UNICODE)
_END = re.compile(r"[.!?;…\n]")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}|([aeiouyàáảãạâầấẩẫậăằắẳẵặêềếểễệôồốổỗộơờớởỡợưừứửữự])\2+$", re.UNICODE)
_MONEY = re.compile(r"\d+(?:k|đ|vnđ|vnd|tr)", re.IGNORECASE)
_GOOD_SIGNS = re.compile(r"(?::\)|:-\)|=\)|<3|👍|❤|😊|😍|🥰|👏|🌹|🙏)")
_BAD_SIGNS = re.compile(r"(?::\(|:-\(|=\(|😡|😠|👎|😤|🤬|😞|😢)")


@dataclass(frozen=True)
class Span:
    """Where a text says something: characters from, to; the topic, empty where it only tells a mood; how it sounds there."""

    start: int
    end: int
    topic: str
    mood: float


@dataclass(frozen=True)
class Understood:
    """What a comment says. ``topics``: the main one first, never empty."""

    topics: tuple[str, ...]
    mood: str
    score: float
    spans: tuple[Span, ...]

    @property
    def topic(self) -> str:
        """The main one."""
        return self.topics[0]


@dataclass
class _Token:
    text: str
    start: int
    end: int
    sentence: int
    clause: int


@dataclass
class _Match:
    word: Word
    first: int
    last: int
    """Numbers of tokens, both with it."""


def understand(text: str, words: Dictionary | None = None) -> Understood:
    """Topics, mood and spans of a text. Positions are those of the text in NFC."""
    known = words or dictionary()
    text = nfc(text)
    tokens = list(_tokens(text, known))
    is_plain = _is_plain(tokens)
    matches = list(_matches(tokens, known, is_plain=is_plain))
    moods = [_mood(at, matches, tokens) for at in range(len(matches))]
    contrast = {tokens[one.first].sentence: one.first for one in matches if one.word.role == "but"}
    weights: dict[str, float] = {}
    of_topic: dict[str, float] = {}
    score, spans = 0.0, []
    for one, mood in zip(matches, moods, strict=True):
        if one.word.role:
            continue
        factor = 1.0
        turn = contrast.get(tokens[one.first].sentence)
        if turn is not None:
            factor = AFTER_BUT if one.first > turn else BEFORE_BUT
        score += mood * factor * (COMPLAINT if mood < 0 else 1.0)
        if one.word.topic:
            weights[one.word.topic] = weights.get(one.word.topic, 0.0) + one.word.weight * (1.3 if mood else 1.0) * factor
            of_topic[one.word.topic] = of_topic.get(one.word.topic, 0.0) + mood
        if one.word.topic or mood:
            spans.append(Span(tokens[one.first].start, tokens[one.last].end, one.word.topic, round(mood, 2)))
    score += 1.5 * len(_GOOD_SIGNS.findall(text)) - 1.5 * len(_BAD_SIGNS.findall(text))
    mood_of = _mood_of(score, matches, text)
    # What is praised in a complaint is not what the complaint is about, nor the other way round.
    wrong = 1 if mood_of == Mood.BAD else -1 if mood_of == Mood.GOOD else 0
    first, *more = _topics(weights)
    topics = (first, *(topic for topic in more if of_topic.get(topic, 0.0) * wrong <= 0))
    return Understood(topics, mood_of, round(score, 2), tuple(spans))


def sentence_of(text: str, start: int, end: int) -> str:
    """The sentence of a text (NFC) in which a span stands."""
    before = [found.end() for found in _END.finditer(text, 0, start)]
    after = _END.search(text, end)
    return text[before[-1] if before else 0 : after.end() if after else len(text)].strip()


def _tokens(text: str, known: Dictionary) -> Iterator[_Token]:
    sentence = clause = 0
    for found in _TOKEN.finditer(text):
        piece = found.group()
        if not (piece[0].isalnum() or piece[0] == "_"):
            sentence += bool(_END.match(piece))
            clause += 1
            continue
        if _MONEY.fullmatch(piece):
            piece = "đồng"
        low = place_tone_marks(_DRAWN_OUT.sub(lambda drawn: drawn.group(1) or drawn.group(2), piece.lower()))
        for part in known.spelling.get(low, (low,)):
            yield _Token(part, found.start(), found.end(), sentence, clause)


def _is_plain(tokens: list[_Token]) -> bool:
    letters = [token for token in tokens if token.text.isalpha()]
    marked = sum(not token.text.isascii() for token in letters)
    return marked < PLAIN_BELOW * len(letters) or marked <= 1 < len(letters) // 3


def _matches(tokens: list[_Token], known: Dictionary, *, is_plain: bool) -> Iterator[_Match]:
    """The longest phrase at each place, none over the end of a sentence."""
    at = 0
    plain = [search_key(token.text) for token in tokens]
    while at < len(tokens):
        for length in range(min(known.longest, len(tokens) - at), 0, -1):
            part = tokens[at : at + length]
            if part[-1].clause != part[0].clause:
                continue
            word = known.exact.get(tuple(token.text for token in part))
            if word is None and (is_plain or (length > 1 and all(token.text.isascii() for token in part))):
                word = known.plain.get(tuple(plain[at : at + length]))
                # One syllable without its diacritics may be many words: it counts where it sounds clear or turns others.
                if word is not None and length == 1 and not word.role and abs(word.mood) < CLEAR:
                    word = None
            if word is not None:
                yield _Match(word, at, at + length - 1)
                at += length
                break
        else:
            at += 1


def _mood(at: int, matches: list[_Match], tokens: list[_Token]) -> float:
    """How a match sounds where it stands: turned by a negation before it, stronger or weaker by what stands around, as a wish no praise."""
    one = matches[at]
    mood = one.word.mood
    if not mood or one.word.role:
        return 0.0
    clause, sentence = tokens[one.first].clause, tokens[one.first].sentence
    is_denied, is_wished, factor = False, False, 1.0
    for other in matches[max(0, at - 6) : at]:
        distance = one.first - other.last
        if other.word.role == "wish" and tokens[other.first].sentence == sentence and distance <= 4 * REACH:
            is_wished = True
        if tokens[other.first].clause != clause or distance > REACH:
            continue
        if other.word.role == "not":
            is_denied = not is_denied
        elif other.word.role == "very":
            factor = VERY
        elif other.word.role == "less":
            factor = LESS
    for other in matches[at + 1 : at + 2]:
        if tokens[other.first].clause == clause and other.first - one.last == 1 and other.word.role == "very":
            factor = VERY
    mood *= factor
    if is_denied:
        mood *= NOT_GOOD if mood > 0 else NOT_BAD
    elif is_wished:
        mood *= WISHED if mood > 0 else 0.7
    return mood


def _topics(weights: dict[str, float]) -> tuple[str, ...]:
    order = {topic.value: at for at, topic in enumerate(Topic)}
    ranked = sorted(weights.items(), key=lambda pair: (-pair[1], order[pair[0]]))
    if not ranked or ranked[0][1] < LEAST_TOPIC:
        return (Topic.OTHER.value,)
    first = ranked[0][1]
    return tuple(topic for topic, weight in ranked[:MOST_TOPICS] if weight >= max(LEAST_TOPIC, SECOND * first))


def _mood_of(score: float, matches: list[_Match], text: str) -> str:
    """Clear praise is good, clear complaint bad. A wish or a question needs more to be a complaint."""
    asks = any(one.word.role == "wish" for one in matches) or text.rstrip().endswith("?")
    if score >= 1.0:
        return Mood.GOOD.value
    return Mood.BAD.value if score <= (-2.4 if asks else -0.9) else Mood.NEUTRAL.value
