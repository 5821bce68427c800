"""Describe the models and check a request against what a model accepts."""
