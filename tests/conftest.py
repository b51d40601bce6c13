"""What holds for all tests."""

import signal

# A shell that starts the tests in the background has them ignore Ctrl-C, and every program they
# start inherits that. Tests that interrupt a program need it to listen.
signal.signal(signal.SIGINT, signal.default_int_handler)
