"""Limits of an export: more is refused before it costs time or memory."""

from typing import Final

MEGABYTE: Final = 2**20
LARGEST_FILE: Final = 64 * MEGABYTE
# A sheet of 100,000 rows and eighteen columns unpacks to about 70 MB.
LARGEST_UNPACKED: Final = 96 * MEGABYTE
# Sheets from case systems compress to a twentieth, and never to a hundredth.
HIGHEST_RATIO: Final = 100
MOST_ROWS: Final = 100_000
MOST_ROWS_IN_ALL: Final = 250_000
MOST_COLUMNS: Final = 500
# The most that a cell of a workbook can hold.
LONGEST_CELL: Final = 32_767
MOST_TAGS: Final = 12_000_000
