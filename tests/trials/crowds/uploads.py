"""A file that is looked at on the page of case lists, in a thread of its own."""

import threading
import time
from datetime import date
from http.client import HTTPException

from tests.uploading import Uploader


class UploadInBackground:
    """Begins at once."""

    def __init__(self, uploader: Uploader, content: bytes, *, on: date) -> None:
        self.status = 0
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._look, args=(uploader, content, on))
        self._thread.start()

    def wait(self) -> str:
        """What became of it. Its connection has a limit of its own."""
        self._thread.join()
        return f"{self.status or 'not answered'} in {self.seconds:.1f} s"

    def _look(self, uploader: Uploader, content: bytes, on: date) -> None:
        began = time.monotonic()
        try:
            self.status = uploader.look(content, on=on).status
        except (OSError, HTTPException):
            self.status = 0
        self.seconds = time.monotonic() - began
