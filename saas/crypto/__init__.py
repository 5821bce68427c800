"""Encrypt secrets, and make tokens that are only compared."""
