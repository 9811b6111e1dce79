"""A few plain questions that lead to the papers, the fee, the time and the office of one person (requirement C-14)."""
