"""Keep the batches that programs send, and gather runs that a provider makes overnight in batches of its own."""
