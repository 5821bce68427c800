"""Read requests and write errors and events in OpenAI's format, for the sandbox and the gateway."""
