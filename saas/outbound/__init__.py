"""Send requests to addresses that tenants chose, and never into our own network."""
