"""Messages: the standard `logging`, below the logger 'rheobase'.

Each message has a name of its own, the last part of its logger's name; `topics.py` has them all.

Messages are shown on stderr from `prefs.logging.console_log_level` on, unless the script has set
up logging itself: then they go where it says. Processes that are forked stay silent.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import logging
import os
import sys
from collections.abc import Generator
from pathlib import Path

from rheobase.preference_names import prefs
from rheobase.topics import ROOT, below_root, filter_all, logger_of

__all__ = ["DIAGNOSTIC", "BrianLogger", "get_logger", "std_silent"]

DIAGNOSTIC = 5
_FORMAT = "%(asctime)s %(levelname)-10s %(name)s: %(message)s"
logging.addLevelName(DIAGNOSTIC, "DIAGNOSTIC")
_once: set[tuple[str, str]] = set()


class _Suppressed(logging.Filter):
    """Leaves out the messages that a script does not want.

    hierarchies   names of loggers, below the root: neither they nor those further below
    names         last parts of names
    """

    def __init__(self) -> None:
        super().__init__()
        self.hierarchies: set[str] = set()
        self.names: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        place = below_root(record.name)
        own = place.rpartition(".")[2]
        below = any(not h or f"{place}.".startswith(f"{h}.") for h in self.hierarchies)
        return own not in self.names and not below


class _Console(logging.Handler):
    """Shows messages on stderr, in the process that made it."""

    def __init__(self) -> None:
        super().__init__()
        self.process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        if logging.getLogger().handlers or os.getpid() != self.process:
            return  # the script has set up logging itself; or this is a fork
        print(f"{record.levelname} {record.getMessage()} [{record.name}]", file=sys.stderr)


class _OneProcess(logging.Filter):
    """Lets through what is said in the process that made it: forks stay silent."""

    def __init__(self) -> None:
        super().__init__()
        self.process = os.getpid()

    def filter(self, record: logging.LogRecord) -> bool:
        return os.getpid() == self.process


def _level(name: str) -> int:
    return DIAGNOSTIC if name == "DIAGNOSTIC" else int(getattr(logging, name))


class MessageLogger:
    """A logger with Brian 2's way of naming a message.

    name_suffix   the message's own name, by which it can be suppressed
    once          leave out further messages of this logger with the same text (or suffix)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def _log(self, level: int, message: str, name_suffix: str | None, once: bool) -> None:
        name = self.name if name_suffix is None else f"{self.name}.{name_suffix}"
        if once:
            if (name, message) in _once:
                return
            _once.add((name, message))
        logger_of(name).log(level, "%s", message)

    def diagnostic(self, msg: str, name_suffix: str | None = None, once: bool = False) -> None:
        self._log(DIAGNOSTIC, msg, name_suffix, once)

    def debug(self, msg: str, name_suffix: str | None = None, once: bool = False) -> None:
        self._log(logging.DEBUG, msg, name_suffix, once)

    def info(self, msg: str, name_suffix: str | None = None, once: bool = False) -> None:
        self._log(logging.INFO, msg, name_suffix, once)

    def warn(self, msg: str, name_suffix: str | None = None, once: bool = False) -> None:
        self._log(logging.WARNING, msg, name_suffix, once)

    warning = warn

    def error(self, msg: str, name_suffix: str | None = None, once: bool = False) -> None:
        self._log(logging.ERROR, msg, name_suffix, once)


def get_logger(module_name: str = ROOT) -> MessageLogger:
    """A logger below 'rheobase', for a module of one's own.

    >>> from rheobase import get_logger
    >>> get_logger('my_model').name
    'rheobase.my_model'
    """
    below = module_name == ROOT or module_name.startswith(ROOT + ".")
    return MessageLogger(module_name if below else f"{ROOT}.{module_name}")


class BrianLogger:
    """Which messages are shown, and where.

    tmp_log        path of the temporary file, or None (prefs.logging.file_log)
    file_handler   what writes it, in the process file_process, or None

    >>> from rheobase import BrianLogger
    >>> BrianLogger.log_level_error()     # errors only
    >>> BrianLogger.log_level_warn()      # the default
    >>> BrianLogger.suppress_name('only_threshold')
    """

    tmp_log: str | None = None
    file_handler: logging.Handler | None = None
    file_process: int | None = None
    console_handler: logging.Handler = _Console()
    _suppressed = _Suppressed()

    @classmethod
    def initialize(cls) -> None:
        """Begin to show messages (done at import), and to write the file, if it is wanted."""
        root = logging.getLogger(ROOT)
        if cls.console_handler not in root.handlers:
            filter_all(cls._suppressed)
            root.addHandler(cls.console_handler)
        if prefs["logging.file_log"] and cls.file_process != os.getpid():
            if cls.file_handler is not None:
                root.removeHandler(cls.file_handler)  # that of the process that has forked
            cls._open_file(root)
        cls._set_levels()

    @classmethod
    def _open_file(cls, root: logging.Logger) -> None:
        import logging.handlers  # 6 ms, with tempfile, that few wait for
        import tempfile

        handle, cls.tmp_log = tempfile.mkstemp(prefix="rheobase_", suffix=".log")
        os.close(handle)
        cls.file_handler = logging.handlers.RotatingFileHandler(
            cls.tmp_log,
            maxBytes=prefs["logging.file_log_max_size"],
            backupCount=1,
            encoding="utf-8",
        )
        cls.file_process = os.getpid()
        cls.file_handler.setFormatter(logging.Formatter(_FORMAT))
        cls.file_handler.addFilter(_OneProcess())
        root.addHandler(cls.file_handler)
        atexit.register(_close_file, cls.file_handler, Path(cls.tmp_log), os.getpid())

    @classmethod
    def _set_levels(cls) -> None:
        console = _level(prefs["logging.console_log_level"])
        cls.console_handler.setLevel(console)
        levels = [console]
        if cls.file_handler is not None:
            cls.file_handler.setLevel(_level(prefs["logging.file_log_level"]))
            levels.append(cls.file_handler.level)
        wanted = min(levels)
        # messages that nobody asked for here must not reach handlers of the script either
        logging.getLogger(ROOT).setLevel(wanted if wanted != logging.WARNING else logging.NOTSET)

    @staticmethod
    def log_level_diagnostic() -> None:
        """Show everything."""
        prefs["logging.console_log_level"] = "DIAGNOSTIC"

    @staticmethod
    def log_level_debug() -> None:
        """Show messages for those who look for a fault, and what is below."""
        prefs["logging.console_log_level"] = "DEBUG"

    @staticmethod
    def log_level_info() -> None:
        """Show what is decided: the method of integration, for instance."""
        prefs["logging.console_log_level"] = "INFO"

    @staticmethod
    def log_level_warn() -> None:
        """Show warnings and errors: the default."""
        prefs["logging.console_log_level"] = "WARNING"

    @staticmethod
    def log_level_error() -> None:
        """Show errors only."""
        prefs["logging.console_log_level"] = "ERROR"

    @classmethod
    def suppress_hierarchy(cls, name: str, filter_log_file: bool = False) -> None:
        """Leave out the messages of a logger and of those below it: 'rheobase.input'.

        name              as in topics.py; 'brian2.input' is the same
        filter_log_file   accepted; the file leaves them out in any case
        """
        cls._suppressed.hierarchies.add(below_root(name))

    @classmethod
    def suppress_name(cls, name: str, filter_log_file: bool = False) -> None:
        """Leave out the messages of this name, wherever they come from: 'only_threshold'."""
        cls._suppressed.names.add(name.rpartition(".")[2])

    @classmethod
    def reset(cls) -> None:
        """Show again what was suppressed, and what was shown once."""
        cls._suppressed.names.clear()
        cls._suppressed.hierarchies.clear()
        _once.clear()


def _close_file(handler: logging.Handler, path: Path, process: int) -> None:
    if os.getpid() == process:
        handler.close()
        if prefs["logging.delete_log_on_exit"]:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def std_silent(alwaysprint: bool = False) -> Generator[None, None, None]:
    """Keep what is printed from the screen, unless there is an error.

    alwaysprint   print it at the end in any case

    >>> from rheobase import std_silent
    >>> with std_silent():
    ...     print('nobody sees this')
    """
    out, err = io.StringIO(), io.StringIO()
    show = alwaysprint
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
    except BaseException:
        show = True
        raise
    finally:
        if show:
            sys.stdout.write(out.getvalue())
            sys.stderr.write(err.getvalue())


for _name in ("console_log_level", "file_log", "file_log_level"):
    prefs.watch(f"logging.{_name}", BrianLogger.initialize)
BrianLogger.initialize()
