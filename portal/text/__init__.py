"""Vietnamese text: one canonical form, keys without diacritics, the order of the alphabet, places of tone marks, syllables.

Pure functions over ``str``; no library, no database. Keys are plain strings that any byte-wise index can order and find.
"""

from portal.text.keys import nfc, search_key, sort_key, visible
from portal.text.tones import place_tone_marks, syllables
from portal.text.typed import tidy

__all__ = ["nfc", "place_tone_marks", "search_key", "sort_key", "syllables", "tidy", "visible"]
