"""OpenAI's words, for whoever speaks as that API does: the sandbox and the gateway."""
