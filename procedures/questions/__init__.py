"""Questions and answers of agencies: written, checked, published, loaded from files, found, shown (requirement C-13)."""
