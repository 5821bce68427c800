"""Give the operator logs, metrics and heartbeats of a process."""
