"""Found organizations, invite people and change their roles."""
