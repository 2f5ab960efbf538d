"""Imported by processes that need the whole service at once: every module that the features name and load late."""

import importlib

import api.features

for _feature in api.features.FEATURES:
    for _each in (*_feature.routes, *_feature.pages):
        if _module := getattr(_each, "module", ""):
            importlib.import_module(_module)
