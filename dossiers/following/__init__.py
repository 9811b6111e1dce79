"""What an applicant does with a dossier after it was sent: `editing` takes it back into the form before it is received (D-19), `objections`
answers a draft of the result."""
