"""Answers in plain words out of the catalogue and the questions that agencies answered; nothing that is not written there (C-15)."""
