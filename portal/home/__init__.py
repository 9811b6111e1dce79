"""The front door: home page, the portal's own pages, errors, and what is shown to who is signed in."""
