"""Sign people up and in."""
