"""Imported by processes that need the whole service at once: every module that the features name and load late, and
every table.
"""

import importlib

import models.every  # noqa: F401 - imports every table
from api.features import FEATURES
from api.foundation.hooks import REFUSING, WRITING

for _feature in FEATURES:
    for _each in (*_feature.routes, *_feature.pages):
        if _module := getattr(_each, "module", ""):
            importlib.import_module(_module)
    for _filling in _feature.provides:
        _filling.import_now()
for _moment in (REFUSING, WRITING):
    _moment.prepare()
