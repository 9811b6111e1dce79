"""Terms of the archive by kind of dossier, what is held back, and disposal by two people."""
