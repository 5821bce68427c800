"""Imitate OpenAI's image API: a program paints the pictures, without a model. It uses no database."""
