"""Read and write values as text."""
