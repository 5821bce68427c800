"""Seeded pictures: cut paper, risograph grain, colours that belong together. Only libvips draws."""
