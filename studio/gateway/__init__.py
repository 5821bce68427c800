"""Speak OpenAI's API, so that a program written for it works here with another base URL. Every call is a run: a worker
makes the picture, and the caller waits for it."""
