from studio.models.catalogue import ImageModel

__all__ = ["ImageModel"]
