"""Ask a provider, and read what it answers."""
