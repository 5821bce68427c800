"""Decide what may be spent, and count it."""
