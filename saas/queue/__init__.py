"""Send tasks to workers."""
