"""The command and what all its verbs share: registering, errors as sentences, output.

Exit codes: 0 done, 1 failed, 2 usage or bad input, 130 interrupted.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import typer

from train.command.examples import examples_of
from train.command.options import Version

P = ParamSpec("P")
R = TypeVar("R")

RESUMED = {"run", "generate", "train", "tune", "map"}
"""The verbs that continue after an interruption; the others start again."""

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)


@app.callback()
def journey(version: Version = False) -> None:
    """Generate verified reasoning traces and find out what models learn from them."""


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Prints the errors of a function as a sentence, and exits with the codes above."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from journey.errors import InputError, JourneyError

        try:
            return function(*args, **kwargs)
        except JourneyError as error:
            print(f"journey: {error}", file=sys.stderr)
            raise typer.Exit(2 if isinstance(error, InputError) else 1) from None
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C again ends at once, without a traceback
            then = ". The same command continues from here" if function.__name__ in RESUMED else ""
            print(f"journey: interrupted{then}", file=sys.stderr)
            raise typer.Exit(130) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as fault:
            place = f"{fault.filename}: " if fault.filename else ""
            print(f"journey: {place}{fault.strerror or fault}", file=sys.stderr)
            raise typer.Exit(1) from None

    return wrapper


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Registers a function as the verb of its name, with its examples."""
    name = function.__name__.rstrip("_")
    return app.command(name, epilog=examples_of(name))(guarded(function))


def verb_group(function: Callable[P, R]) -> typer.Typer:
    """Registers a function as a verb that has subcommands; without one, the function runs."""
    commands = typer.Typer(invoke_without_command=True)
    commands.callback(epilog=examples_of(function.__name__))(guarded(function))
    app.add_typer(commands, name=function.__name__)
    return commands


def print_json(record: Any) -> None:
    """Prints a record as JSON, and nothing else."""
    from journey.runs.store import encode

    print(json.dumps(json.loads(encode(record)), ensure_ascii=False, indent=1), flush=True)


def print_parts(*parts: Any) -> None:
    """Prints texts and tables for people. Sentences are not wrapped."""
    from rich.console import Console

    for part in parts:
        Console(highlight=False, soft_wrap=isinstance(part, str)).print(part)
