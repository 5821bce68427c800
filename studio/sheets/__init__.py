"""Sheets: a table becomes pictures, row by row, within the limits of the person who pays."""
