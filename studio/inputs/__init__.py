"""Keep the pictures, masks and strokes that people give."""
