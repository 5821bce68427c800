"""Show, sort, share and delete finished pictures."""
