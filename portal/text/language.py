"""Whether a text is written in Vietnamese, with diacritics or without."""

from __future__ import annotations

import re

from portal.text.keys import search_key

_ONSETS = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|b|c|d|g|h|k|l|m|n|p|r|s|t|v|x"
_NUCLEI = "ieu|yeu|uoi|uou|oai|oay|uay|uye|uya|ai|ao|au|ay|eo|eu|ia|ie|iu|oa|oe|oi|oo|ua|ue|ui|uo|uu|uy|ye|a|e|i|o|u|y"
_CODAS = "ch|ng|nh|c|m|n|p|t"
_SYLLABLE = re.compile(rf"(?:{_ONSETS})?(?:{_NUCLEI})(?:{_CODAS})?")
_WORD = re.compile(r"[^\W\d_]+")
_MARKED = re.compile(r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)
_ENOUGH = 0.6
"""Share of words that must be Vietnamese syllables: names, codes and words of other languages stand in every letter."""
_FEW_MARKS = 0.08
"""Share of words with Vietnamese letters above which a text is Vietnamese whatever else it holds."""
_BETRAYING = frozenset(
    {
        "the",
        "and",
        "of",
        "is",
        "are",
        "was",
        "my",
        "for",
        "with",
        "you",
        "that",
        "this",
        "have",
        "not",
        "it",
        "we",
        "they",
        "please",
        "which",
    }
)
_AMBIGUOUS = frozenset({"the", "my", "it", "that", "not"})
"""Of these, what is a Vietnamese syllable too once its marks are gone (thẻ, Mỹ, ít, thật, nốt): alone they betray nothing."""
_BETRAYED = 0.12


def looks_vietnamese(text: str) -> bool:
    """Whether the words of a text are Vietnamese, as far as their shape can tell; a text without words is not.

    Vietnamese syllables have a shape that other languages rarely keep up; without diacritics small English words have it too, so they are
    looked for by name.
    """
    words = _WORD.findall(text)
    if not words:
        return False
    plain = [search_key(word) for word in words]
    if sum(bool(_MARKED.search(word)) for word in words) >= max(1, _FEW_MARKS * len(words)):
        latin = sum(word.isascii() for word in plain)
        return latin >= _ENOUGH * len(plain)
    english = [word for word in plain if word in _BETRAYING]
    if len(english) > _BETRAYED * len(plain) and not _AMBIGUOUS.issuperset(english):
        return False
    return sum(bool(_SYLLABLE.fullmatch(word)) for word in plain) >= _ENOUGH * len(plain)
