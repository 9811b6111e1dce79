"""What is owed, paid, booked, reconciled, returned. Knows payer, payee, reference and amount, never a dossier (Rules art. 31–35)."""
