"""Draw QR codes as SVG."""

from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4  # modules of white around it, as the standard asks


def draw(text: str) -> str:
    """Return an SVG with one path, of the runs of dark modules in each row."""
    code = qrcode.QRCode(border=QUIET, error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    rows = code.get_matrix()
    side = len(rows)
    path = "".join(_runs(y, row) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" role="img">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>'
    )


def _runs(y: int, row: list[bool]) -> str:
    found, x = "", 0
    for is_dark, group in groupby(row):
        width = len(list(group))
        if is_dark:
            found += f"M{x} {y}h{width}v1h-{width}z"
        x += width
    return found
