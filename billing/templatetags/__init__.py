"""Define template tags about spending."""
