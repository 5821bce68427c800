"""Erase a person or a whole organization, and export what is kept about a person. The operator does this with
`bin/manage`; docs/privacy.md says what is deleted, what stays and why. A test fails for a table without a rule."""
