"""A look-alike of the OpenAI image API that paints instead of thinking. It knows no models and no database."""
