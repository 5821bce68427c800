"""Draw the pages of usage, limits, prices, months and exports, and handle their forms and buttons."""
