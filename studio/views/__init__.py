"""Draw the studio, the gallery and a run, and do what their buttons ask for."""
