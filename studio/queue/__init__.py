"""Order the work of all organizations and hand it to workers."""
