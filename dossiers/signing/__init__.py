"""The applicant's electronic signature over the declaration as it is sent (requirement D-17): asked for, given, checked, kept."""
