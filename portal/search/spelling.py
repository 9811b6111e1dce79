"""Slips of the finger: a syllable that no text knows is taken for the commonest known one that is one slip away."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

ALPHABET = "abcdeghiklmnopqrstuvxy"
"""Letters of plain Vietnamese syllables."""
_TELEX = str.maketrans("", "", "fjwz")
"""Keys by which tones are typed; left behind when the keyboard's Vietnamese was off (``khaif``)."""


_ONSETS = re.findall(r"\w+", "ngh ng nh ch gh gi kh ph qu th tr b c d g h k l m n p r s t v x")
_RIMES = frozenset(
    re.findall(
        r"\w+",
        "a ac ach ai am an ang anh ao ap at au ay e ec ech em en eng enh eo ep et eu i ia ich iec iem ien ieng iep iet "
        "ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oen oeo oet oi om on ong ooc "
        "oong op ot u ua uan uang uat uau uay uc ue uech uenh ui um un ung uo uoc uoi uom uon uong uop uot uou up ut uu "
        "uy uya uych uyen uyet uynh uyp uyt y yem yen yet yeu",
    )
)


def is_syllable(plain: str) -> bool:
    """Whether a syllable without diacritics could be one of the language: ``bap`` (bắp), ``gat`` (gạt); not ``khsi``."""
    return plain in _RIMES or any(plain.startswith(onset) and plain[len(onset) :] in _RIMES for onset in _ONSETS)


LONGEST = 10
"""Letters: the longest syllable has seven (``nghiêng``), with keys of tones and a slip ten. What is longer is no slip, and what one
slip makes of it would be millions of letters."""


def one_slip_away(syllable: str) -> set[str]:
    """Everything that one wrong, missing, extra or swapped letter makes of it; nothing of what is too long to be a syllable."""
    if len(syllable) > LONGEST:
        return set()
    parts = [(syllable[:cut], syllable[cut:]) for cut in range(len(syllable) + 1)]
    return {
        *(head + tail[1:] for head, tail in parts if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1),
        *(head + letter + tail[1:] for head, tail in parts if tail for letter in ALPHABET),
        *(head + letter + tail for head, tail in parts for letter in ALPHABET),
    }


def without_telex(syllable: str) -> str:
    """A syllable without the keys of tones (``khaif`` → ``khai``)."""
    return syllable.translate(_TELEX)


def correction(syllable: str, known: Mapping[str, int], before: str = "", after: str = "", pairs: Container[str] | None = None) -> str:
    """The known syllable that was most likely meant, or an empty string. ``pairs``: tokens ``first_second`` that occur; a neighbour that
    goes with a candidate decides before mere frequency does. What could be a word of the language is put right only where a neighbour goes
    with the candidate: nobody who writes of ``bắp`` means ``cấp``."""
    if len(syllable) < 3 or any(char.isdigit() for char in syllable):
        return ""
    candidates = [one for one in one_slip_away(syllable) if one in known]
    stripped = without_telex(syllable)
    if stripped != syllable and stripped in known:
        candidates.append(stripped)
    if not candidates:
        return ""

    def likeliness(one: str) -> tuple[int, int]:
        together = 0
        if pairs is not None:
            together = int(bool(before) and f"{before}_{one}" in pairs) + int(bool(after) and f"{one}_{after}" in pairs)
        return together, known[one]

    best = max(candidates, key=likeliness)
    return "" if is_syllable(syllable) and not likeliness(best)[0] else best
