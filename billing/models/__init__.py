from billing.models.prices import FlatPrice, Price

__all__ = ["FlatPrice", "Price"]
