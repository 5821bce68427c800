"""Sign people in by OpenID Connect, and decide what to believe of the issuer's answers."""
