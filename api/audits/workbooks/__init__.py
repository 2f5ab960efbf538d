"""Audits as an Excel workbook, to be filled in away from the network and uploaded again."""
