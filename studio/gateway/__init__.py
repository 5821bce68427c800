"""Speaks as the OpenAI API does, so that a program written for that one works here by another base URL. Every call is a
run: a worker makes the picture, and the caller waits for it."""
