"""The one family of errors that this project raises on purpose.

Each message is one sentence that says what was wanted, what came and what to do. It never holds a patient's name.
"""


class T12Error(Exception):
    """Base of all errors that a user may see; `exit_code` is what the command line returns for it."""

    exit_code = 3


class UsageError(T12Error):
    """The request itself is wrong (an impossible height, an unknown preset)."""

    exit_code = 2


class InputError(T12Error):
    """The input cannot be read, or must not be measured."""

    exit_code = 3


class LevelError(T12Error):
    """T12 is not in the scan, or it is uncertain which vertebra it is."""

    exit_code = 4


class Cancelled(T12Error):
    """The user cancelled; nothing was changed."""

    exit_code = 130


class Refused(T12Error):
    """The rules of the study forbid it; nothing was changed."""

    exit_code = 3


class Conflict(Refused):
    """Somebody else saved the case meanwhile; `kept_version` is the number under which the own drawing was kept, where it was one."""

    def __init__(self, message: str, kept_version: int | None = None) -> None:
        super().__init__(message)
        self.kept_version = kept_version
