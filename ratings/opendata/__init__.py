"""Open data: the public figures as files, with what they mean and how to check them."""
