"""A guide's text and its captions, whatever stands in them (C-16)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.guides.reading import anchors, blocks, caption_faults

CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nMở trang thủ tục.\n\n00:02.000 --> 00:05.500\nBấm Nộp trực tuyến.\n"


@pytest.mark.requirement("C-16")
@given(st.text(max_size=300))
def test_any_text_is_read_and_any_captions_judged(text: str) -> None:
    kinds = {block.kind for block in blocks(text)}
    assert kinds <= {"heading", "list", "paragraph"}
    assert all(anchor for anchor in anchors(text).values())
    assert isinstance(caption_faults(text), str) and not caption_faults(CAPTIONS)
    assert caption_faults(CAPTIONS.replace("00:05.500", "00:01.500"))
