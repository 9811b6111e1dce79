"""The electronic process: steps with roles and times, who has a dossier, opinions of other agencies, the control sheet (D-09, D-31)."""
