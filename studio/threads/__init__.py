"""Talk about a picture: a tree of turns, each of which is a run that edits the picture of another turn."""
