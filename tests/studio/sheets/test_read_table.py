"""What a table may look like, and what is no table."""

import io
import struct
import time
import zipfile
from datetime import date

import openpyxl
import pytest
import xlsxwriter

from studio.sheets import read_table, read_workbook
from studio.sheets.read_table import MOST_ROWS, Table
from studio.sheets.refusals import SheetRefused

CHINESE = "产品,prompt\r\n灯,一盏红色的灯在雨中\r\n杯子,白色的杯子\r\n"


def cells(table: Table) -> list[list[str]]:
    return [row.cells for row in table.rows]


def why_not(data: bytes) -> str:
    with pytest.raises(SheetRefused) as refused:
        read_table.read_file(data)
    (fault,) = refused.value.errors
    return fault.code


def workbook(rows: list[list[object]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"])
def test_a_table_is_read_in_its_encoding(encoding: str) -> None:
    table = read_table.read_file(CHINESE.encode(encoding))
    assert table.columns == ["产品", "prompt"]
    assert cells(table) == [["灯", "一盏红色的灯在雨中"], ["杯子", "白色的杯子"]]


def test_what_windows_calls_ansi_is_read() -> None:
    table = read_table.read_file("Größe;prompt\r\ngroß;Ein Café für Zoë\r\n".encode("cp1252"))
    assert (table.columns, cells(table)) == (["Größe", "prompt"], [["groß", "Ein Café für Zoë"]])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = f'prompt{delimiter}note\n"A lamp, red; or\nblue"{delimiter}"say ""no"""\n'
    assert cells(read_table.read_text(text)) == [["A lamp, red; or\nblue", 'say "no"']]


def test_the_separator_that_excel_names_is_used() -> None:
    assert cells(read_table.read_text("sep=;\nprompt;n\nA lamp, red;2\n")) == [["A lamp, red", "2"]]


def test_empty_rows_are_passed_over_and_keep_the_numbers_right() -> None:
    table = read_table.read_text("prompt,n\n\nA lamp,1\n,\nA mug,2\n\n")
    assert [(row.number, row.cells) for row in table.rows] == [(2, ["A lamp", "1"]), (4, ["A mug", "2"])]


def test_a_workbook_is_read_as_people_see_it() -> None:
    rows: list[list[object]] = [["prompt", "n", "price", "day", "ok"], ["A lamp", 2, 1.5, date(2026, 12, 1), True]]
    assert cells(read_table.read_file(workbook(rows))) == [["A lamp", "2", "1.5", "2026-12-01", "true"]]


def test_a_formula_is_its_result() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["prompt", "n"])
        sheet.write(1, 0, "A lamp")
        sheet.write_formula(1, 1, "=1+1", None, 2)
    assert cells(read_table.read_file(file.getvalue())) == [["A lamp", "2"]]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_rows"),
        (b"prompt,n\n", "no_rows"),
        (b"prompt,Prompt\na,b\n", "duplicate_column"),
        (b"prompt\n\x00\x01\x02\n", "not_a_table"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "not_a_table"),
        (b"\xd0\xcf\x11\xe0" + bytes(512), "old_workbook"),
        (b"PK\x03\x04" + bytes(64), "unreadable"),
        (("x" * 81 + "\na\n").encode(), "column_too_long"),
        ((",".join(f"c{number}" for number in range(101)) + "\na\n").encode(), "too_many_columns"),
        (('prompt\n"' + "x" * 200_000).encode(), "unreadable"),
        (b"prompt\n" + b"lamp\n" * (MOST_ROWS + 1), "too_many_rows"),
        (b"x" * (read_table.MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    assert why_not(data) == code


def test_a_million_rows_are_refused_soon() -> None:
    began = time.process_time()
    assert why_not(b"prompt\n" + b"lamp\n" * 1_000_000) == "too_many_rows"
    assert time.process_time() - began < 5


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("it was read"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(read_workbook.MOST_UNPACKED_BYTES // 1_000_000 + 1):
                part.write(bytes(1_000_000))
    assert len(file.getvalue()) < 1_000_000
    assert why_not(file.getvalue()) == "too_large"


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", bytes(3_000_000))
    data = file.getvalue().replace(struct.pack("<I", 3_000_000), struct.pack("<I", 100))
    assert why_not(data) == "unreadable"


def test_a_zip_of_pictures_is_no_workbook() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("lamp.png", b"")
    assert why_not(file.getvalue()) == "not_a_workbook"


def test_a_cell_at_the_far_end_of_a_workbook_takes_no_memory() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "prompt")
        sheet.write(1, 0, "A lamp")
        sheet.write(1_048_575, 16_383, "far away")
    began = time.process_time()
    table = read_table.read_file(file.getvalue())
    assert (table.columns, cells(table)) == (["prompt"], [["A lamp"]])
    assert time.process_time() - began < 10


def test_entities_that_grow_are_not_expanded() -> None:
    grows = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "{"lol" * 10}">{grows}]><workbook>&l9;</workbook>'
    file = io.BytesIO(workbook([["prompt"], ["A lamp"]]))
    out = io.BytesIO()
    with zipfile.ZipFile(file) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again:
        for entry in packed.infolist():
            again.writestr(entry.filename, bomb if entry.filename == "xl/workbook.xml" else packed.read(entry))
    began = time.process_time()
    assert why_not(out.getvalue()) == "unreadable"
    assert time.process_time() - began < 5


def test_json_of_rows_has_all_their_columns() -> None:
    table = read_table.read_objects([{"prompt": "A lamp", "n": 2}, {"size": "1024x1024", "style": ["neon", "oil"]}])
    assert table.columns == ["prompt", "n", "size", "style"]
    assert cells(table) == [["A lamp", "2", "", ""], ["", "", "1024x1024", "neon|oil"]]
