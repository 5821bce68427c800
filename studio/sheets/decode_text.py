"""Decode the text of a table whose encoding is not named: UTF-8 and UTF-16 with or without a mark, GBK, and what
Windows calls ANSI."""

import codecs
import re

from studio.sheets.refusals import SheetRefused

NON_ASCII = re.compile(rb"[\x80-\xff]+")
LOOKED_AT_BYTES = 64 * 1024
MOSTLY = 0.4  # of the bytes at one place of each pair are 0 where Western text is UTF-16
NOT_TEXT = "This file is neither a table of text nor a workbook. Send CSV, TSV or XLSX."


def decode(data: bytes) -> str:
    """Return the text without its mark. Raise SheetRefused if it is no text."""
    text = _decoded(data)
    if "\0" in text:
        raise SheetRefused("not_a_table", NOT_TEXT)
    return text


def _decoded(data: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _strictly(data, name)
    if name := _utf16_without_mark(data):
        return _strictly(data, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _strictly(data, "gb18030" if _is_chinese(data) else "cp1252")


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        sentence = "The encoding of this file cannot be recognized. Save it as “CSV UTF-8”."
        raise SheetRefused("unknown_encoding", sentence) from None


def _utf16_without_mark(data: bytes) -> str:
    """Return the name of the encoding if every other byte is mostly 0, else an empty text."""
    head = data[:LOOKED_AT_BYTES]
    pairs = len(head) // 2
    if not pairs:
        return ""
    if head[1::2].count(0) > MOSTLY * pairs > head[0::2].count(0):
        return "utf-16-le"
    if head[0::2].count(0) > MOSTLY * pairs > head[1::2].count(0):
        return "utf-16-be"
    return ""


def _is_chinese(data: bytes) -> bool:
    """Return whether bytes beyond ASCII come in pairs, as in GBK. In Western text they are single letters mostly."""
    runs = NON_ASCII.findall(data[:LOOKED_AT_BYTES])
    even = sum(len(run) % 2 == 0 for run in runs)
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return 2 * even >= len(runs)
