"""Promises in plain words, one folder a room.

Modules are kept compiled even where the environment says otherwise: some hundred processes import the service. It is
said here because nothing of ours is imported before this.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
