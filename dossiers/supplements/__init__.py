"""Requests to complete a dossier: reasons and policies as data, what is open to the applicant, their page, the officer's form."""
