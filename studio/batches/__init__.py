"""Keep files of requests that programs send as a batch, and the state of each batch and line."""
