"""`darkroom` in a terminal: a program of whoever sits there, speaking to a Darkroom over its API. Nothing here imports
Django or anything else that must be installed."""
