"""The score of ministries, provinces and their units, computed from data alone (Rules art. 30; Decision 766/QĐ-TTg)."""
