"""The job's progress, as it writes it to the file `$QUBIX_PROGRESS`."""

from collections.abc import Callable


def parse_progress(text: str) -> float | None:
    """Percent from 0 to 100 of what the file says: a fraction from 0 to 1, or a number of percent with `%`.

    None where it says nothing yet, or something else.
    """
    text = text.strip().partition("\n")[0].strip()
    is_percent = text.endswith("%")
    try:
        value = float(text[:-1] if is_percent else text)
    except ValueError:
        return None
    percent = value if is_percent else value * 100
    return percent if 0 <= percent <= 100 else None


class ProgressWatch:
    """Looks at the progress file, and tells only of rises.

    Args:
        read: what the file holds now.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._last_text = ""
        self.highest: float | None = None
        self.unreadable: str | None = None

    def look(self) -> float | None:
        """The new percentage where it has risen, else None. Sets `unreadable` to a text that is no progress."""
        try:
            text = self._read()
        except OSError:
            return None  # the job replaced its own progress file; it is told by the lack of progress
        if not text or text == self._last_text:
            return None
        self._last_text = text
        percent = parse_progress(text)
        if percent is None:
            self.unreadable = text
            return None
        if self.highest is not None and percent <= self.highest:
            return None
        self.highest = percent
        return percent
