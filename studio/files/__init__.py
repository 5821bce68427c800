"""Store, name, pack and send files."""
