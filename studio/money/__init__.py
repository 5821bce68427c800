"""Estimate, hold and record what runs cost."""
