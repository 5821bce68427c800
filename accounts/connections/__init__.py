"""Store connections to providers, test them, and leave them alone after outages."""
