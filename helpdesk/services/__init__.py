"""What can be done at the helpdesk, one module a subject."""
