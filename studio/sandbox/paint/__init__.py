"""Paint pictures from a seed: cut paper, risograph grain, colours that belong together. Only libvips draws."""
