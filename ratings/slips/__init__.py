"""Rating slips (R-01): after each dossier, of a unit, of a service; their texts checked, their figures kept as counts."""
