"""Master keys: tokens without a subject, blind indexes, refusal of bad configuration."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto import KeyMissing, Tampered, blind_index, keyring, open_text, seal_text

OLD = "t1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NEW = "t2:" + base64.b64encode(bytes(range(100, 132))).decode()


@given(text=st.text(), context=st.text(max_size=20))
def test_sealed_text_opens_only_in_its_context(text: str, context: str) -> None:
    token = seal_text(text, context=context)
    assert open_text(token, context=context) == text
    with pytest.raises(Tampered):
        open_text(token, context=context + "x")


@given(text=st.text(min_size=1, max_size=40), data=st.data())
def test_any_altered_character_of_a_sealed_text_is_noticed(text: str, data: st.DataObject) -> None:
    token = seal_text(text)
    position = data.draw(st.integers(0, len(token) - 2))  # the very last character carries unused base64 bits
    other = data.draw(st.sampled_from("ABCDEFGHabcdefgh0123456789-_").filter(lambda ch: ch != token[position]))
    with pytest.raises(Tampered):
        open_text(token[:position] + other + token[position + 1 :])


def test_older_keys_open_what_they_sealed_and_the_newest_seals(settings: Any) -> None:
    before = seal_text("mã ký số")
    settings.FIELD_KEYS = [NEW, OLD]
    assert open_text(before) == "mã ký số"
    assert seal_text("x").startswith("t2.")
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(KeyMissing):
        open_text(before)


@pytest.mark.parametrize("keys", [[], ["t1"], ["t1:xyz"], ["t1:AAEC"], [OLD, OLD], ["a.b:" + OLD[3:]]])
def test_a_bad_key_ring_is_refused(settings: Any, keys: list[str]) -> None:
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        keyring.ring()


def test_blind_index_is_stable_separated_by_purpose_and_keyed(settings: Any) -> None:
    first = blind_index("person.id_number", "001195000001")
    assert len(first) == 64
    assert first == blind_index("person.id_number", "001195000001")
    assert first != blind_index("person.id_number", "001195000002")
    assert first != blind_index("person.phone", "001195000001")
    settings.BLIND_INDEX_KEY = base64.b64encode(bytes(32)).decode()
    assert first != blind_index("person.id_number", "001195000001")
