from django.db import models


class PastLoan(models.Model):
    """What erased organizations had spent with the operator's key, added up by month. It names none of them."""

    month = models.DateField(unique=True)  # its first day
    micros = models.BigIntegerField(default=0)
    images = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.micros}"
