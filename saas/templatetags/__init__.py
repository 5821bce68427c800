"""Provide tags and filters for templates."""
