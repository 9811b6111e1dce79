"""Mandates: invitations by number, guardians' requests with their document, what was done for a party (A-14)."""
