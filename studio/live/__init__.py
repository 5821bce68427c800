"""Tell open pages what happens, in order."""
