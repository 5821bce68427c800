"""Keep an organization's styles, choose them for a run, and write the model's instructions."""
