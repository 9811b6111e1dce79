"""Interlinked procedures (Rules art. 20): several filed as one, by one form composed of theirs; each becomes a dossier of its own agency.

composing    parts' forms → one document; one person's answers → each part's (pure)
forms        which forms are composed, composed anew when a part's form changes
filing       one filing → linked dossiers; what happens to one moves the clock of those that wait for it
queries      whose, and which dossiers belong together
"""
