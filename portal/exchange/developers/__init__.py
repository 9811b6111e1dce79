"""For engineers of other systems: the page that leads to a first call, sandboxes that one makes by oneself, what changed in the API."""
