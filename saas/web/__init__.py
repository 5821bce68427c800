"""Receive requests and answer them: middleware, sessions, uploads, forms, error pages and health checks."""
