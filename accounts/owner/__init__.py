"""The owner's rights: the first page, what is known of one, locks, complaints, years without activity, leaving (A-10, A-11, A-13)."""
