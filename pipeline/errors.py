"""The one error a user can cause: a line that says what is wrong and how to mend it."""


class UserError(Exception):
    """A mistake in the configuration, the input or the output folder.

    The message is one line naming the file, key or value at fault and the remedy. The command
    line prints it without a traceback and exits with status 2.
    """
