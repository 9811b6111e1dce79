"""Public notices: what every visitor should know for some days (Rules art. 7.7, 7.10). A notice is amended or ended, never deleted."""
