"""Messages between the applicant and the agency on one dossier (requirement D-16): `services` write, `queries` read, two desks show."""
