"""Draw the pages of people and organizations, and handle their forms and buttons."""
