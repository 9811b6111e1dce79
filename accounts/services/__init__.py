"""What can be done with people, logins and positions."""
