"""The one exception for a user's mistake."""

__all__ = ["InputError"]


class InputError(Exception):
    """
    Something the user gave is wrong: a file, a keyword, a column or a setting.

    The message is shown to the user as it is, without a traceback. It names
    the file, the keyword or column, what was found and what was expected.
    """
