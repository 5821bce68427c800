"""Read, check and reshape pictures: bytes in, bytes out."""
