"""Run the `darkroom` command, which uses a Darkroom over its API. Nothing here imports Django or any other package that
must be installed."""
